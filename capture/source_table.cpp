// SPDX-License-Identifier: Apache-2.0
#include "capture/source_table.h"

#include <fmt/core.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "capture/emulator_source.h"
#include "capture/files_source.h"
#include "capture/libcamera_plugin.h"
#include "capture/pattern_source.h"
#include "capture/redact_url.h"
#include "capture/relay_source.h"
#include "capture/v4l2_source.h"

namespace fanlight {
namespace {

// A class whose constructor takes no argument text refuses a specification that has one.
template <class T>
std::unique_ptr<Source> open(std::string_view argument, const SourceOptions& options,
                             CameraClock& clock) {
  if constexpr (std::is_constructible_v<T, std::string_view, const SourceOptions&, CameraClock&>) {
    return std::make_unique<T>(argument, options, clock);
  } else {
    if (!argument.empty()) {
      throw std::invalid_argument(fmt::format("this source takes no argument: '{}'", argument));
    }
    return std::make_unique<T>(options, clock);
  }
}

// The colon behind the kind is the one in the URL.
std::unique_ptr<Source> open_http(std::string_view argument, const SourceOptions& options,
                                  CameraClock& clock) {
  return std::make_unique<RelaySource>(fmt::format("http:{}", argument), options, clock);
}

std::unique_ptr<Source> open_https(std::string_view argument, const SourceOptions& options,
                                   CameraClock& clock) {
  return std::make_unique<RelaySource>(fmt::format("https:{}", argument), options, clock);
}

// One line per kind of source, in the order in which --help lists them.
constexpr SourceKind kKinds[] = {
    {"emulator", open<EmulatorSource>, "emulator: pictures 1, 2, 3 in turn, one a second"},
    {"files", open<FilesSource>, "files:DIR: the JPEGs of DIR in name order, again and again"},
    {"http", open_http, "http://[USER:PASSWORD@]HOST/PATH: another server's MJPEG or snapshots"},
    {"https", open_https, "https://...: likewise, with TLS"},
    {"libcamera", open_libcamera_source, "libcamera[:ID]: a camera of libcamera, the first or ID"},
    {"pattern", open<PatternSource>, "pattern: a moving test card with number and time"},
    {"v4l2", open<V4l2Source>,
     "v4l2:/dev/video0: a camera or frame grabber, also by /dev/v4l/by-id/..."},
};

}  // namespace

std::span<const SourceKind> source_kinds() {
  return kKinds;
}

const SourceKind& find_source_kind(std::string_view spec) {
  const std::string_view name = spec.substr(0, spec.find(':'));
  for (const SourceKind& kind : kKinds) {
    if (kind.name == name) return kind;
  }
  std::string known;
  for (const SourceKind& kind : kKinds) fmt::format_to(std::back_inserter(known), " {}", kind.name);
  throw std::invalid_argument(fmt::format("no source '{}'; there are:{}", redact_url(spec), known));
}

std::unique_ptr<Source> open_source(std::string_view spec, const SourceOptions& options,
                                    CameraClock& clock) {
  const size_t colon = spec.find(':');
  const std::string_view argument = colon == spec.npos ? "" : spec.substr(colon + 1);
  return find_source_kind(spec).open(argument, options, clock);
}

}  // namespace fanlight
