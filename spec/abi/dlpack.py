"""NumPy arrays to libcirclet.so and back by DLPack 1.x. Prints what abi_spec.lua compares."""
import ctypes
import gc
import sys

import numpy as np

lib = ctypes.CDLL(sys.argv[1])
lib.circlet_last_error.restype = ctypes.c_char_p
api = ctypes.pythonapi
api.PyCapsule_GetPointer.restype = ctypes.c_void_p
api.PyCapsule_GetPointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
api.PyCapsule_New.restype = ctypes.py_object
api.PyCapsule_New.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
NAME = b"dltensor_versioned"
I64, F64 = ctypes.c_int64, ctypes.c_double


class Rows(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("rows", I64), ("columns", I64), ("stride", I64),
                ("labels", ctypes.c_void_p)]


class Facts(ctypes.Structure):
    _fields_ = [("loss", F64), ("counts", I64 * 4), ("means", F64 * 2)]


class Owned:
    """A DLManagedTensorVersioned of circlet's, as what numpy.from_dlpack takes over."""

    def __init__(self, pointer):
        self.pointer = pointer

    def __dlpack__(self, **_):
        return api.PyCapsule_New(self.pointer, NAME, None)

    def __dlpack_device__(self):
        return 1, 0


def pointer(array):
    """The array's capsule, which must be kept, and the address in it."""
    capsule = array.__dlpack__(max_version=(1, 0))
    return capsule, ctypes.c_void_p(api.PyCapsule_GetPointer(capsule, NAME))


def check(context, status):
    if status:
        raise ValueError(lib.circlet_last_error(context).decode())


context, facts, out = ctypes.c_void_p(), Facts(), ctypes.c_void_p()
kind, rows, matrix = ctypes.c_int(), Rows(), Rows()
check(context, lib.circlet_context_new(ctypes.byref(context)))
wide = np.zeros((6, 5))
wide[:, :3] = np.sin(1 + 3 * np.arange(6)[:, None] + np.arange(3))
x, labels = wide[:, :3], np.array([1, 2, 1, 2, 1, 2])
x_capsule, x_pointer = pointer(x)
labels_capsule, labels_pointer = pointer(labels)
check(context, lib.circlet_dlpack_rows(context, x_pointer, labels_pointer, ctypes.byref(kind),
                                       ctypes.byref(rows)))
check(context, lib.circlet_dlpack_new(context, kind, I64(6), I64(3), ctypes.byref(out)))
check(context, lib.circlet_dlpack_matrix(context, out, ctypes.byref(kind), ctypes.byref(matrix)))
gradient = np.from_dlpack(Owned(out.value))
check(context, lib.circlet_pair_forward(context, kind, ctypes.byref(rows), None, None, None,
                                        ctypes.byref(facts)))
check(context, lib.circlet_pair_backward(context, F64(1), ctypes.byref(matrix), None))
print("loss %.17g" % facts.loss)
print("gradient", " ".join("%.17g" % value for value in gradient.ravel()))
print("shared", rows.data == x.ctypes.data, rows.labels == labels.ctypes.data,
      matrix.data == gradient.ctypes.data)
x.flags.writeable = False
capsule, read_only = pointer(x)
status = lib.circlet_dlpack_matrix(context, read_only, ctypes.byref(kind), ctypes.byref(matrix))
print("read_only", status, lib.circlet_last_error(context).decode())
lib.circlet_context_free(context)
part, copy = gradient[2:4], gradient[2:4].copy()
del gradient, x_capsule, labels_capsule, capsule
gc.collect()
print("kept", bool((part == copy).all()))  # memory of circlet's lives as long as NumPy needs it
