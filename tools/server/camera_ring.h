// SPDX-License-Identifier: Apache-2.0
// Camera ring: how large the ring of a camera is made.
#pragma once

#include <memory>

#include "capture/source/source.h"
#include "core/frame_ring.h"
#include "io/choose_backend.h"
#include "tools/options/options.h"

namespace fanlight {

// Without the size of its places.
FrameRingConfig ring_config(const SourceFormat& format, const Options& options,
                            BackendKind backend);

// Picture sizes vary with the scene, and a camera may return with another format: each place has
// room for the largest picture that the frame memory could hold, as far as address space allows.
// Where that is limited (RLIMIT_AS), it has room for what the camera delivers now. Throws
// std::system_error where there is not even that.
std::unique_ptr<FrameRing> make_ring(const SourceFormat& format, const CameraOptions& camera,
                                     const Options& options, BackendKind backend);

}  // namespace fanlight
