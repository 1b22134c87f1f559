"""What annotations in Python sources say, read without running the project's code."""

from gatid_compiler.passes.annotations.read import Annotations, Known, Opaque

__all__ = ["Annotations", "Known", "Opaque"]
