// SPDX-License-Identifier: Apache-2.0
// Camera ring: how large the ring of a camera is made.
#pragma once

#include <cstdint>
#include <memory>

#include "capture/source/source.h"
#include "core/frame_ring.h"
#include "io/choose_backend.h"
#include "tools/options/options.h"

namespace fanlight {

// The address space that a camera's ring may take where its first format needs less. It becomes
// memory only as far as pictures fill it.
inline constexpr uint64_t kRingAddresses =
    sizeof(void*) >= 8 ? uint64_t{4} << 30 : uint64_t{256} << 20;

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
