// SPDX-License-Identifier: Apache-2.0
#include "capture/nats/nats_plugin.h"

#include <fmt/core.h>

#include "capture/nats/nats_source.h"
#include "capture/source/plugin.h"

namespace fanlight {
namespace {

std::unique_ptr<Source> open(std::string_view scheme, std::string_view argument,
                             const SourceOptions& options, CameraClock& clock) {
  const std::string url = fmt::format("{}:{}", scheme, argument);
  parse_nats_url(url);  // a mistake in it is reported even where there is no plugin
  const NatsPlugin& plugin = load_nats_plugin(plugin_folders());
  return std::make_unique<NatsSource>(url, options, clock, plugin.connect);
}

}  // namespace

const NatsPlugin& load_nats_plugin(std::span<const std::string> folders) {
  constexpr PluginName kName{.what = "NATS",
                             .package = "fanlight-nats",
                             .needs = "libnats-dev",
                             .file = "fanlight-nats.so",
                             .entry = "fanlight_nats_plugin"};
  return *static_cast<const NatsPlugin*>(load_plugin(kName, folders));
}

std::unique_ptr<Source> open_nats_source(std::string_view argument, const SourceOptions& options,
                                         CameraClock& clock) {
  return open("nats", argument, options, clock);
}

std::unique_ptr<Source> open_nats_tls_source(std::string_view argument,
                                             const SourceOptions& options, CameraClock& clock) {
  return open("tls", argument, options, clock);
}

}  // namespace fanlight
