package postern

decision := {"permit": permit, "forbid": forbid}

permit contains "callbacks" if {
	input.principal.type == "Processor"
	input.resource.type == "Task"
}

permit contains "senders" if input.principal.type == "Sender"

# acme-ocr delivers from its office, and small results only, also by upload.
forbid contains "acme-from-its-office" if {
	input.principal.type == "Processor"
	input.principal.id == "acme-ocr"
	not is_small_and_from_the_office
}

is_small_and_from_the_office if {
	net.cidr_contains("192.0.2.0/24", input.context.source)
	input.context.size != null
	input.context.size <= 100000
}

# All clients of the application orders may read its tasks. Only its backend may cancel and settle them.
forbid contains "orders-is-read-only" if {
	input.principal.application == "orders"
	input.action in {"cancel", "settle"}
	not is_backend_of_orders
}

is_backend_of_orders if {
	input.principal.type == "Sender"
	input.principal.id == "orders-backend"
}

# A callback that is older than a day needs a proof.
forbid contains "old-tokens-need-a-proof" if {
	input.action in {"result", "failure"}
	input.context.age > 86400
	input.context.proof == "none"
}

permit contains "operators" if input.principal.type == "Operator"

# In a protected environment every action names its incident.
forbid contains "operators-name-an-incident" if {
	input.principal.type == "Operator"
	input.context.protected == true
	not startswith(input.context.reason, "INC-")
}
