// SPDX-License-Identifier: Apache-2.0
// NATS at run time: the part of the program that finds and loads fanlight-nats.so, and the
// interface between the two. A server that has nothing to do with NATS does not need libnats.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "capture/nats/nats_link.h"
#include "capture/source/camera_clock.h"
#include "capture/source/source.h"

namespace fanlight {

// The plugin's interface.
// Invariant: `version` is the first member in every version, so that it can always be read.
struct NatsPlugin {
  const char* version;
  std::unique_ptr<NatsLink> (*connect)(const NatsLogin& login);  // NatsConnect
};

// Loads the plugin: load_plugin() (capture/source/plugin.h), and its errors.
const NatsPlugin& load_nats_plugin(std::span<const std::string> folders);

// `nats://...` and `tls://...` of the source table; the argument is what follows the colon. Throws
// the errors of load_nats_plugin() and of NatsSource.
std::unique_ptr<Source> open_nats_source(std::string_view argument, const SourceOptions& options,
                                         CameraClock& clock);
std::unique_ptr<Source> open_nats_tls_source(std::string_view argument,
                                             const SourceOptions& options, CameraClock& clock);

}  // namespace fanlight
