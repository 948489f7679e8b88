"""Arrays that compiled code may pass around without counting references to them.

Numba raises and lowers an atomic counter whenever an array is handed to a function. In a pass of some twenty small
functions per event that costs ten times the work itself, and the cores fight over the counters of shared tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy.typing as npt
from numba import njit
from numba.core import cgutils
from numba.extending import intrinsic

if TYPE_CHECKING:
    from numba.core.typing.templates import Signature

A = TypeVar("A", bound="npt.NDArray[Any]")  # Any: integers of every width


@intrinsic
def _borrowed(_typing: Any, array: Any) -> tuple[Signature, Any]:  # Any: numba's compiler objects
    """The type of the result, and how it is made: the array's own view with the counted pointers taken out."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # Any: numba's compiler objects
        view = context.make_array(signature.return_type)(context, builder, value=arguments[0])
        for counted in ("meminfo", "parent"):
            nothing = cgutils.get_null_value(getattr(view, counted).type)  # type: ignore[no-untyped-call]  # numba's
            setattr(view, counted, nothing)
        return view._getvalue()  # noqa: SLF001  numba knows no other way

    return array(array), generate


def borrowed(array: A) -> A:
    """The same array without a counter; whoever calls must hold the real one for as long as it is used.

    Only for use inside compiled code.
    """
    return _borrowed(array)  # type: ignore[call-arg]  # numba passes the first argument itself


# A call and not a decorator, so that a type checker sees the function above and not numba's untyped wrapper.
if not TYPE_CHECKING:
    borrowed = njit(inline="always")(borrowed)
