package postern

# Answers that are no decision, one for each action. All other actions get none.

decision := {"permit": {"all"}, "forbid": set()} if input.action == "read"

decision := {"permit": set(), "forbid": set()} if input.action == "list"

decision := {"permit": {"all"}, "forbid": {"some"}} if input.action == "settle"

decision := {"permit": {"all"}} if input.action == "result"

decision := {"forbid": set()} if input.action == "failure"

decision := {"permit": "all", "forbid": set()} if input.action == "progress"

decision := {"permit": {"all"}, "forbid": null} if input.action == "upload"

decision := {"permit": {1}, "forbid": set()} if input.action == "open"

decision := {"permit": {"all"}, "forbid": set(), "allowed": true} if input.action == "reissue"

decision := true if input.action == "reopen"

# A conflict: the evaluation aborts.
decision := {"permit": {"all"}, "forbid": set()} if input.action == "cancel"

decision := {"permit": {"more"}, "forbid": set()} if input.action == "cancel"

decision := {"permit": {""}, "forbid": set()} if input.action == "accept"

# Never: every question has an input.
decision := {"permit": {"no-input"}, "forbid": set()} if not input
