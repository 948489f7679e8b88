"""Arrays that compiled code may pass around without counting references to them.

Numba raises and lowers an atomic counter whenever an array is handed to a function. In a pass of some twenty small
functions per event that costs ten times the work itself, and the cores fight over the counters of shared tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from numba.core import cgutils
from numba.extending import intrinsic

if TYPE_CHECKING:
    from numba.core.typing.templates import Signature

A = TypeVar("A")


@intrinsic  # type: ignore[untyped-decorator]  # numba has no types
def borrowed(_typing: Any, array: Any) -> tuple[Signature, Any]:  # Any: numba's compiler objects
    """The same array without a counter; whoever calls must hold the real one for as long as it is used.

    Only for use inside compiled code.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # Any: numba's compiler objects
        view = context.make_array(signature.return_type)(context, builder, value=arguments[0])
        for counted in ("meminfo", "parent"):
            setattr(view, counted, cgutils.get_null_value(getattr(view, counted).type))
        return view._getvalue()

    return array(array), generate
