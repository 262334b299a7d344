// SPDX-License-Identifier: Apache-2.0
#include "tools/options/config_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <string_view>

#include "capture/relay/redact_url.h"
#include "tools/flags/units.h"
#include "tools/options/option_table.h"
#include "tools/options/version.h"

namespace fanlight {
namespace {

// In insertion order.
using Json = nlohmann::ordered_json;

// Whether a text is a number that JSON and TOML write the same way; then it needs no quotes.
bool is_number(std::string_view text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || c == '.' || c == '-';
  });
  if (!plain) return false;
  long whole = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, whole);
  if (parsed.ec != std::errc()) return false;
  if (fmt::format("{}", whole) == text) return true;
  double number = 0;
  const auto fraction = std::from_chars(text.data(), end, number);
  return fraction.ec == std::errc() && fraction.ptr == end && fmt::format("{}", number) == text &&
         text.find('.') != text.npos;
}

Json value_of(const std::string& text, bool may_be_number) {
  if (may_be_number && is_number(text)) return Json::parse(text);
  return text;
}

Json value_of(const OptionTexts& row) {
  const bool may_be_number = row.option->is(kNumber);
  if (row.option->is(kRepeatable)) {
    Json all = Json::array();
    for (const std::string& text : row.texts) all.push_back(value_of(text, may_be_number));
    return all;
  }
  if (row.texts.empty()) return nullptr;
  if (row.option->is(kToggle)) return parse_switch(row.texts.front());
  return value_of(row.texts.front(), may_be_number);
}

// Fields may contain keys and passwords: their values are only for the file.
Json headers_json(const UpstreamOptions& upstream, bool with_secrets) {
  Json row = Json::object();
  for (const std::string& header : upstream.headers) {
    const size_t colon = header.find(": ");
    row[header.substr(0, colon)] = with_secrets ? header.substr(colon + 2) : "***";
  }
  return row;
}

void add_upstream(Json& row, const UpstreamOptions& upstream, bool with_secrets) {
  if (!upstream.headers.empty()) row["headers"] = headers_json(upstream, with_secrets);
  if (!upstream.ca.empty()) row["tls"]["ca"] = upstream.ca;
  if (!upstream.pin.empty()) row["tls"]["pin"] = upstream.pin;
  if (upstream.insecure) row["insecure"] = true;
  if (upstream.segments) row["segments"] = true;
}

Json camera_json(const CameraOptions& camera, bool with_secrets) {
  Json row{{"source", camera.source}};
  if (camera.width != 0) row["size"] = fmt::format("{}x{}", camera.width, camera.height);
  if (camera.fps != 0) row["fps"] = value_of(fmt::format("{}", camera.fps), true);
  row["quality"] = camera.quality;
  row["rotate"] = camera.orientation.rotate;
  row["mirror"] = camera.orientation.mirror;
  add_upstream(row, camera.upstream, with_secrets);
  if (camera.controls.empty()) return row;
  // A repeated name would be a repeated key; the last value wins.
  for (const ControlSetting& control : camera.controls) {
    row["control"][control.name] = value_of(control.value, true);
  }
  return row;
}

// A JSON string is also a TOML string: both have the same escapes, except DEL, which TOML requires
// to be escaped and which no text here contains (toml.io/en/v1.0.0#string).
std::string toml_value(const Json& value) {
  if (!value.is_object()) return value.dump();
  std::string text = "{";
  for (const auto& [name, each] : value.items()) {
    text += fmt::format("{} {} = {}", text.size() > 1 ? "," : "", Json(name).dump(), each.dump());
  }
  return text + " }";
}

std::string toml_of(const Options& options) {
  std::string text = fmt::format("# fanlight {}\n", version_number());
  for (const OptionTexts& row : options.in_force) {
    if (row.texts.empty()) continue;
    text += fmt::format("{} = {}\n", row.option->name, toml_value(value_of(row)));
  }
  for (const CameraOptions& camera : options.cameras) {
    text += fmt::format("\n[camera.{}]\n", camera.name);
    const Json row = camera_json(camera, true);
    for (const auto& [name, value] : row.items()) {
      text += fmt::format("{} = {}\n", name, toml_value(value));
    }
  }
  return text;
}

}  // namespace

std::string config_toml(const Options& options) {
  try {
    return toml_of(options);
  } catch (const Json::type_error&) {
    throw StartError(ExitCode::config, "--print-config: a value is not UTF-8, which TOML must be");
  }
}

std::string config_json(const Options& options) {
  Json all = Json::object();
  for (const OptionTexts& row : options.in_force) {
    all[std::string(row.option->name)] = value_of(row);
  }
  Json cameras = Json::object();
  for (const CameraOptions& camera : options.cameras) {
    cameras[camera.name] = camera_json(camera, false);
    cameras[camera.name]["source"] = redact_url(camera.source);
  }
  all["camera"] = std::move(cameras);
  return all.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace fanlight
