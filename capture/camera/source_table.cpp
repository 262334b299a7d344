// SPDX-License-Identifier: Apache-2.0
#include "capture/camera/source_table.h"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "capture/libcamera/libcamera_plugin.h"
#include "capture/nats/nats_plugin.h"
#include "capture/relay/redact_url.h"
#include "capture/relay/relay_source.h"
#include "capture/source/emulator_source.h"
#include "capture/source/files_source.h"
#include "capture/source/latest_source.h"
#include "capture/source/pattern_source.h"
#include "capture/v4l2/v4l2_source.h"
#include "core/join.h"
#include "core/nearest_word.h"

namespace fanlight {
namespace {

std::string_view argument_of(std::string_view spec) {
  const size_t colon = spec.find(':');
  return colon == spec.npos ? "" : spec.substr(colon + 1);
}

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

// The colon after the kind is the one in the URL.
std::unique_ptr<Source> open_http(std::string_view argument, const SourceOptions& options,
                                  CameraClock& clock) {
  return std::make_unique<RelaySource>(fmt::format("http:{}", argument), options, clock);
}

std::unique_ptr<Source> open_https(std::string_view argument, const SourceOptions& options,
                                   CameraClock& clock) {
  return std::make_unique<RelaySource>(fmt::format("https:{}", argument), options, clock);
}

bool is_one_of(int error, std::initializer_list<int> errors) {
  return std::find(errors.begin(), errors.end(), error) != errors.end();
}

// A device that is present but not a camera stays so, and a link cycle is a mistake; a relative
// name is not a device's.
bool device_may_come(std::string_view path, int error) {
  if (error == ENOENT) return path.starts_with('/');
  return !is_one_of(error,
                    {EACCES, EPERM, ENOTTY, ENOTSUP, EINVAL, EISDIR, ENOTDIR, ENAMETOOLONG, ELOOP});
}

// ENOENT, ELIBACC and ELIBBAD are about the plugin: an absent camera is ENODEV.
bool libcamera_may_come(std::string_view, int error) {
  return !is_one_of(error, {EACCES, EPERM, ENOENT, ELIBACC, ELIBBAD, EINVAL});
}

// The program that writes the pictures may create the folder too.
bool picture_may_come(std::string_view, int error) {
  return !is_one_of(error, {EACCES, EPERM, EINVAL, ENAMETOOLONG, ELOOP});
}

// A wrong password stays wrong. Everything else, including a page in place of a stream, is what an
// upstream and its proxies may send while they start.
bool upstream_may_come(std::string_view, int error) {
  return !is_one_of(error, {EACCES, EPERM, ELOOP});
}

// As for libcamera's plugin; and as for an upstream.
bool nats_may_come(std::string_view, int error) {
  return !is_one_of(error, {EACCES, EPERM, ENOENT, ELIBACC, ELIBBAD, ELOOP});
}

// One row per kind of source, in the order of --help.
constexpr SourceKind kKinds[] = {
    {"emulator", open<EmulatorSource>, "emulator: pictures 1, 2, 3 in turn, one a second"},
    {"files", open<FilesSource>,
     "files:DIR: the JPEGs of DIR in name order, again and again; changes are followed"},
    {"http", open_http, "http://[USER:PASSWORD@]HOST/PATH: another server's MJPEG or snapshots",
     upstream_may_come},
    {"https", open_https, "https://...: likewise, with TLS", upstream_may_come},
    {"latest", open<LatestSource>,
     "latest:DIR, latest:FILE: the newest JPEG, as another program writes it", picture_may_come},
    {"libcamera", open_libcamera_source, "libcamera[:ID]: a camera of libcamera, the first or ID",
     libcamera_may_come},
    {"nats", open_nats_source,
     "nats://[USER:PASSWORD@]HOST/SUBJECT: a camera that is published on a NATS server",
     nats_may_come},
    {"pattern", open<PatternSource>, "pattern: a moving test card with number and time"},
    {"tls", open_nats_tls_source, "tls://...: likewise, with TLS", nats_may_come},
    {"v4l2", open<V4l2Source>,
     "v4l2:/dev/video0: a camera or frame grabber, also by /dev/v4l/by-id/...", device_may_come},
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
  std::vector<std::string_view> known{"auto"};
  for (const SourceKind& kind : kKinds) known.push_back(kind.name);
  std::string line =
      fmt::format("no source '{}'; available: {}", redact_url(spec), join(known, " "));
  const std::string_view nearest = nearest_word(name, known);
  if (!nearest.empty()) {
    const std::string meant = fmt::format("{}{}", nearest, spec.substr(name.size()));
    line += fmt::format("; did you mean '{}'?", redact_url(meant));
  }
  throw std::invalid_argument(line);
}

bool is_on_disk(std::string_view spec) {
  return spec.starts_with("files:") || spec.starts_with("latest:");
}

bool may_come(std::string_view spec, const std::error_code& why_not) {
  const SourceKind& kind = find_source_kind(spec);
  return kind.may_come != nullptr && kind.may_come(argument_of(spec), why_not.value());
}

std::unique_ptr<Source> open_source(std::string_view spec, const SourceOptions& options,
                                    CameraClock& clock) {
  return find_source_kind(spec).open(argument_of(spec), options, clock);
}

}  // namespace fanlight
