"""Circle Loss on NumPy arrays through libcirclet.so: no copies. Usage: circle.py [libcirclet.so]"""
import ctypes
import sys
import numpy as np

I64, F64, P = ctypes.c_int64, ctypes.c_double, ctypes.c_void_p


class Rows(ctypes.Structure):  # circlet_rows; circlet_matrix is all but the labels
    _fields_ = [("data", P), ("rows", I64), ("columns", I64), ("row_stride", I64), ("labels", P)]


class Facts(ctypes.Structure):
    _fields_ = [("loss", F64), ("counts", I64 * 4), ("means", F64 * 2)]


def circle_loss(lib, x, labels):
    """x: [B, D] float32 or float64, rows of adjacent elements; labels: [B] int64 from 1."""
    assert x.dtype in (np.float32, np.float64) and x.strides[1] == x.itemsize
    assert labels.dtype == np.int64 and labels.shape == x.shape[:1] and labels.flags.c_contiguous
    context, facts, gradient = P(), Facts(), np.empty(x.shape, x.dtype)
    rows = Rows(x.ctypes.data, *x.shape, x.strides[0] // x.itemsize, labels.ctypes.data)
    out = Rows(gradient.ctypes.data, *x.shape, x.shape[1])
    if lib.circlet_context_new(ctypes.byref(context)):
        raise MemoryError
    try:
        if (lib.circlet_pair_forward(context, int(x.dtype == np.float64), ctypes.byref(rows), None,
                                     None, None, ctypes.byref(facts))
                or lib.circlet_pair_backward(context, F64(1), ctypes.byref(out), None)):
            lib.circlet_last_error.restype = ctypes.c_char_p
            raise ValueError(lib.circlet_last_error(context).decode())
    finally:
        lib.circlet_context_free(context)
    return facts.loss, gradient


if __name__ == "__main__":
    lib = ctypes.CDLL(sys.argv[1] if len(sys.argv) > 1 else "build/libcirclet.so")
    x = np.sin(np.arange(1, 49, dtype=np.float32)).reshape(8, 6)[:, :5]  # a view with a stride of 6
    loss, gradient = circle_loss(lib, x, np.array([1, 2, 1, 2, 3, 3, 1, 2]))
    print("%.9g %.9g" % (loss, np.abs(gradient).sum()))
