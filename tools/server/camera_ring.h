// SPDX-License-Identifier: Apache-2.0
// Camera ring: how large the ring of a camera is made.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

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

// Of a camera that is not connected yet: the requested format, or more.
SourceFormat unknown_format(const CameraOptions& camera);

// The lower rungs of a camera; a warning in the log where pictures are too small for any.
// `format`: without a size while that is not known. Throws StartError.
std::vector<RungOption> rungs_for(const SourceFormat& format, const CameraOptions& camera,
                                  const Options& options);

// A place of a rung is as large as the encoder's worst case for its box, so that its address space
// does not depend on what the camera delivers: --ring-slots times eight times about three bytes per
// pixel. It has the same limit as that of rung 0. Throws StartError where that is too much.
std::unique_ptr<FrameRing> make_rung_ring(PictureSize box, const SourceFormat& format,
                                          const CameraOptions& camera, const Options& options,
                                          BackendKind backend);

}  // namespace fanlight
