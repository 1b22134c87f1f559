"""The process of a module that does not share ours: confined by the kernel, then the module."""
