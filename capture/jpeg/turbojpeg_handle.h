// SPDX-License-Identifier: Apache-2.0
// The handle that TurboJPEG's calls need, freed on destruction.
#pragma once

#include <turbojpeg.h>

#include <memory>

namespace fanlight {

struct DestroyTurboJpeg {
  void operator()(void* handle) const noexcept { tjDestroy(handle); }
};
using TurboJpegHandle = std::unique_ptr<void, DestroyTurboJpeg>;

struct FreeTurboJpeg {
  void operator()(unsigned char* buffer) const noexcept { tjFree(buffer); }
};
using TurboJpegBuffer = std::unique_ptr<unsigned char, FreeTurboJpeg>;

}  // namespace fanlight
