"""Modules in processes of their own: started, called over a socket, watched, ended."""
