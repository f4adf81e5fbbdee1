package postern

decision := {"permit": permit, "forbid": forbid}

permit contains "callbacks" if input.principal.type == "Processor"

# Wrong: without a source address the function has no value, so the rule does not hold.
forbid contains "from-the-guest-network" if net.cidr_contains("203.0.113.0/24", input.context.source)

forbid contains "not-from-the-guest-network" if {
	input.principal.type == "Processor"
	not is_from_another_network
}

is_from_another_network if net.cidr_contains("203.0.113.0/24", input.context.source) == false
