package postern

decision := {"permit": permit, "forbid": set()}

# The clock is a function of the host.
permit contains "before-2100" if time.now_ns() < 4102444800000000000
