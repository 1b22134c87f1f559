"""Code written for others from a plan: what handlers, clients and tools are typed with."""
