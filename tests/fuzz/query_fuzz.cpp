// SPDX-License-Identifier: Apache-2.0
// The target of a request: its route, mjpg-streamer's and ustreamer's queries, and the parameters
// of streams, which are within their limits and mean the same when written again.
#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/check.h"
#include "http/answer/stream_parameters.h"
#include "http/protocol/authority.h"
#include "http/protocol/request.h"
#include "http/protocol/routes.h"
#include "tests/fuzz/fuzz_target.h"

namespace fanlight {
namespace {

void check_parameters(const StreamParameters& parameters) {
  CHECK(parameters.fps >= 0 && parameters.fps <= 1000);
  CHECK(parameters.advance_headers >= -1 && parameters.advance_headers <= 1);
  CHECK(parameters.max_delay_ms >= -1 && parameters.max_delay_ms <= 3'600'000);
  const std::string_view key = parameters.ustreamer.key;
  CHECK(key.size() <= UstreamerOptions::kKeyMax);
  CHECK(std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c < 0x7f; }));
}

std::string write(const StreamParameters& parameters) {
  std::string text = fmt::format(
      "x=1&segments={}&dual_final_frames={}&extra_headers={}&zero_data={}",
      parameters.segments ? 1 : 0, parameters.dual_final_frames ? 1 : 0,
      parameters.ustreamer.extra_headers ? 1 : 0, parameters.ustreamer.zero_data ? 1 : 0);
  if (parameters.fps > 0) text += fmt::format("&fps={}", parameters.fps);
  if (parameters.frames > 0) text += fmt::format("&frames={}", parameters.frames);
  if (parameters.advance_headers >= 0) {
    text += fmt::format("&advance_headers={}", parameters.advance_headers);
  }
  if (parameters.max_delay_ms >= 0) text += fmt::format("&max_delay={}", parameters.max_delay_ms);
  return text + fmt::format("&key={}", parameters.ustreamer.key);
}

void check_query(std::string_view query) {
  StreamParameters parameters;
  const std::string_view problem = parse_parameters(query, parameters);
  for (std::string_view left = query; !left.empty();) {
    const size_t size = left.size();
    const QueryPair pair = take_pair(left);
    CHECK(left.size() < size);
    CHECK(pair.name.empty() || query_value(query, pair.name).found);
  }
  if (!problem.empty()) return;
  check_parameters(parameters);
  const std::string text = write(parameters);
  StreamParameters again;
  CHECK(parse_parameters(text, again).empty());
  CHECK(write(again) == text);
}

// Unreserved characters may be percent-encoded: the route stays the same.
std::string encoded(std::string_view path) {
  std::string text;
  for (size_t i = 0; i < path.size(); ++i) {
    const bool is_letter = path[i] >= 'a' && path[i] <= 'z';
    const bool is_code = (i >= 1 && path[i - 1] == '%') || (i >= 2 && path[i - 2] == '%');
    text += is_letter && !is_code ? fmt::format("%{:x}", static_cast<unsigned>(path[i]))
                                  : std::string(1, path[i]);
  }
  return text;
}

}  // namespace

void fuzz(std::string_view input) {
  static const CameraNames kCameras({"front", "yard", "a-1", ""});
  const size_t question = std::min(input.find('?'), input.size());
  const std::string_view path = input.substr(0, question);
  const std::string_view query = input.substr(std::min(question + 1, input.size()));
  check_query(query);
  if (!path.starts_with('/') || !is_percent_encoded(path)) return;
  const Route route = find_route(path, query, kCameras);
  const Route same = find_route(encoded(path), query, kCameras);
  CHECK(route.resource == same.resource && route.camera == same.camera);
  CHECK(route.resource == Resource::none || route.camera < kCameras.size());
  embedding_of(route.resource);
}

}  // namespace fanlight
