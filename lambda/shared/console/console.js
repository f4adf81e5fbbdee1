// Script of the console: looks for changes, keyboard shortcuts, local times and a ticking countdown. Everything else works
// without it. Markup comes from the gateway and is parsed by the browser as a document, so no text becomes markup here.

const WITH_OFFSET = { dateStyle: 'medium', timeStyle: 'long' };

/** Adds the local time to each time on hover. */
const showLocalTimes = () => {
  for (const time of document.querySelectorAll('time[datetime]:not([title])')) {
    const date = new Date(time.dateTime);
    if (!Number.isNaN(date.getTime())) time.title = date.toLocaleString(undefined, WITH_OFFSET);
  }
};

/** The words of the server's `durationInWords`. */
const inWords = (seconds) => {
  if (seconds <= 0) return 'now';
  const [d, h, m, s] = [seconds / 86400, (seconds / 3600) % 24, (seconds / 60) % 60, seconds % 60].map(Math.floor);
  if (d > 0) return `in ${d} d ${h} h`;
  if (h > 0) return `in ${h} h ${m} min`;
  return m > 0 ? `in ${m} min ${s} s` : `in ${s} s`;
};

const tick = () => {
  for (const part of document.querySelectorAll('[data-until]')) {
    part.textContent = inWords(Math.floor((Date.parse(part.dataset.until) - Date.now()) / 1000));
  }
};

let etag = document.querySelector('[data-etag]')?.dataset.etag ?? '';

const announce = (text) => {
  const place = document.getElementById('announcement');
  if (place !== null && place.textContent !== text) place.textContent = text;
};

/** Replaces the part of the page that shows what may change. The filters and the focus stay. */
const replace = (page) => {
  const [now, next] = [document.getElementById('live'), page?.getElementById('live')];
  if (now === null || !next) return;
  const selected = now.querySelector('tr[aria-selected]')?.id;
  const focused = now.contains(document.activeElement) ? document.activeElement?.getAttribute('href') : null;
  now.replaceChildren(...document.importNode(next, true).childNodes);
  now.dataset.count = next.dataset.count ?? '';
  if (selected) document.getElementById(selected)?.setAttribute('aria-selected', 'true');
  if (focused) now.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
  announce(`Updated. ${now.dataset.count}`);
  showLocalTimes();
  tick();
};

const look = () => {
  if (document.visibilityState !== 'visible') return;
  const request = new XMLHttpRequest();
  const url = new URL(location.href);
  url.searchParams.delete('done');
  request.open('GET', url.href);
  request.responseType = 'document';
  request.setRequestHeader('Accept', 'text/html');
  if (etag !== '') request.setRequestHeader('If-None-Match', etag);
  request.onload = () => {
    if (request.status === 200) {
      etag = request.getResponseHeader('ETag') ?? '';
      replace(request.responseXML);
    } else if (request.status === 401 || request.status === 403) {
      announce('Your session has ended. Load the page again to sign in.');
    } else if (request.status !== 304) {
      announce(`No news: the gateway answered ${request.status}.`);
    }
  };
  request.onerror = () => announce('No news: the gateway cannot be reached, or your session has ended.');
  request.send();
};

/** Marks the next or the previous row of the first table. */
const move = (step) => {
  const rows = [...document.querySelectorAll('main tbody tr')];
  if (rows.length === 0) return;
  const before = rows.findIndex((row) => row.getAttribute('aria-selected') === 'true');
  const next = Math.min(rows.length - 1, Math.max(0, before + step));
  if (before >= 0) rows[before].removeAttribute('aria-selected');
  rows[next].setAttribute('aria-selected', 'true');
  rows[next].scrollIntoView({ block: 'nearest' });
};

let isAfterG = false;

const actOn = (key) => {
  if (isAfterG) {
    isAfterG = false;
    const link = document.querySelector(`nav a[data-key="${CSS.escape(key)}"]`);
    if (link !== null) location.assign(link.href);
    return link !== null;
  }
  switch (key) {
    case 'g':
      isAfterG = true;
      return true;
    case '?':
      document.getElementById('shortcuts')?.showModal();
      return true;
    case '/':
      document.getElementById('find')?.focus();
      return true;
    case 'j':
    case 'k':
      move(key === 'j' ? 1 : -1);
      return true;
    case 'Enter': {
      const link = document.querySelector('tr[aria-selected="true"] a');
      if (link === null || document.activeElement !== document.body) return false;
      location.assign(link.href);
      return true;
    }
    default:
      return false;
  }
};

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target instanceof Element && event.target.closest('input, select, textarea, dialog') !== null) return;
  if (actOn(event.key)) event.preventDefault();
});

showLocalTimes();
tick();
setInterval(tick, 1000);
const live = document.getElementById('live')?.dataset.seconds;
if (live !== undefined) {
  setInterval(look, Number(live) * 1000);
  document.addEventListener('visibilitychange', look);
}
