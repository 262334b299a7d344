# SPDX-License-Identifier: Apache-2.0
"""Decodes JPEGs with libjpeg-turbo, which reports their errors; a browser would not."""
import ctypes

GREY, STOP_ON_WARNING = 6, 8192  # TJPF_GRAY, TJFLAG_STOPONWARNING of turbojpeg.h

library = ctypes.CDLL("libturbojpeg.so.0")
library.tjInitDecompress.restype = ctypes.c_void_p
library.tjGetErrorStr2.restype = ctypes.c_char_p
library.tjGetErrorStr2.argtypes = [ctypes.c_void_p]
library.tjDecompressHeader3.argtypes = [
    ctypes.c_void_p, ctypes.c_char_p, ctypes.c_ulong, *[ctypes.POINTER(ctypes.c_int)] * 4]
library.tjDecompress2.argtypes = [
    ctypes.c_void_p, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_char_p, *[ctypes.c_int] * 5]
handle = library.tjInitDecompress()


def problem_of(jpeg):
    """The decoder's complaint, or nothing."""
    width, height, sampling, colours = (ctypes.c_int() for _ in range(4))
    if library.tjDecompressHeader3(handle, jpeg, len(jpeg), width, height, sampling, colours) != 0:
        return library.tjGetErrorStr2(handle).decode()
    # Decoding at an eighth of the size reads all data too, and takes much less time.
    small = [(side.value + 7) // 8 for side in (width, height)]
    pixels = ctypes.create_string_buffer(small[0] * small[1])
    if library.tjDecompress2(handle, jpeg, len(jpeg), pixels, small[0], 0, small[1], GREY,
                             STOP_ON_WARNING) != 0:
        return library.tjGetErrorStr2(handle).decode()
    return ""
