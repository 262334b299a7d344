// SPDX-License-Identifier: Apache-2.0
#include "tools/options/config_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include "capture/relay/redact_url.h"
#include "capture/source/json_text.h"
#include "core/join.h"
#include "tools/flags/units.h"
#include "tools/options/option_table.h"
#include "tools/options/version.h"

namespace fanlight {
namespace {

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

// The camera's table is for the file in one of them, and for viewers in the other.
enum class Form : uint8_t { toml, json };

// A JSON string is also a TOML string: both have the same escapes, except DEL, which TOML requires
// to be escaped and which no text here contains (toml.io/en/v1.0.0#string).
std::string quoted(Form form, std::string_view text) {
  return json_string(text, form == Form::toml ? NotUtf8::refuse : NotUtf8::replace);
}

std::string value_of(Form form, const std::string& text, bool may_be_number) {
  return may_be_number && is_number(text) ? text : quoted(form, text);
}

std::string value_of(Form form, const OptionTexts& row) {
  const bool may_be_number = row.option->is(kNumber);
  if (row.option->is(kRepeatable)) {
    std::vector<std::string> all;
    for (const std::string& text : row.texts) all.push_back(value_of(form, text, may_be_number));
    return json_array(all);
  }
  if (row.texts.empty()) return "null";
  if (row.option->is(kToggle)) return json_boolean(parse_switch(row.texts.front()));
  return value_of(form, row.texts.front(), may_be_number);
}

// A table within a table. A repeated name would be a repeated key; the last value wins.
class Table {
 public:
  explicit Table(Form form) : form_(form) {}

  void set(const std::string& name, std::string value) {
    const auto found =
        std::ranges::find(members_, name, [](const auto& member) { return member.first; });
    if (found != members_.end()) {
      found->second = std::move(value);
    } else {
      members_.emplace_back(name, std::move(value));
    }
  }

  std::string text() const {
    if (form_ == Form::json) return json_object(members_);
    std::vector<std::string> texts;
    for (const auto& [name, value] : members_) {
      texts.push_back(fmt::format("{} = {}", quoted(form_, name), value));
    }
    return fmt::format("{{ {} }}", join(texts, ", "));
  }

 private:
  const Form form_;
  JsonMembers members_;
};

// Fields may contain keys and passwords: their values are only for the file.
std::string headers_of(Form form, const UpstreamOptions& upstream) {
  Table table(form);
  for (const std::string& header : upstream.headers) {
    const size_t colon = header.find(": ");
    table.set(header.substr(0, colon),
              quoted(form, form == Form::toml ? header.substr(colon + 2) : "***"));
  }
  return table.text();
}

std::string tls_of(Form form, const UpstreamOptions& upstream) {
  Table table(form);
  if (!upstream.ca.empty()) table.set("ca", quoted(form, upstream.ca));
  if (!upstream.pin.empty()) table.set("pin", quoted(form, upstream.pin));
  return table.text();
}

std::string controls_of(Form form, const CameraOptions& camera) {
  Table table(form);
  for (const ControlSetting& control : camera.controls) {
    table.set(control.name, value_of(form, control.value, true));
  }
  return table.text();
}

void add_upstream(Form form, const UpstreamOptions& upstream, JsonMembers& rows) {
  if (!upstream.headers.empty()) rows.emplace_back("headers", headers_of(form, upstream));
  if (!upstream.ca.empty() || !upstream.pin.empty()) {
    rows.emplace_back("tls", tls_of(form, upstream));
  }
  if (upstream.insecure) rows.emplace_back("insecure", "true");
  if (!upstream.credentials.empty()) {
    rows.emplace_back("credentials", quoted(form, upstream.credentials));
  }
  if (upstream.segments) rows.emplace_back("segments", "true");
}

// What the camera's table consists of, each with its value as it is written.
JsonMembers rows_of(Form form, const CameraOptions& camera) {
  const std::string source = form == Form::toml ? camera.source : redact_url(camera.source);
  JsonMembers rows{{"source", quoted(form, source)}};
  if (camera.width != 0) {
    rows.emplace_back("size", quoted(form, fmt::format("{}x{}", camera.width, camera.height)));
  }
  if (camera.fps != 0) {
    rows.emplace_back("fps", value_of(form, fmt::format("{}", camera.fps), true));
  }
  rows.emplace_back("quality", fmt::format("{}", camera.quality));
  rows.emplace_back("rotate", fmt::format("{}", camera.orientation.rotate));
  rows.emplace_back("mirror", json_boolean(camera.orientation.mirror));
  rows.emplace_back("ladder", quoted(form, ladder_text(camera.ladder)));
  add_upstream(form, camera.upstream, rows);
  if (!camera.password_file.empty()) {
    rows.emplace_back("password-file", quoted(form, camera.password_file));
  }
  if (!camera.publish.empty()) {
    const bool is_file = form == Form::toml;
    rows.emplace_back("publish",
                      quoted(form, is_file ? camera.publish : redact_url(camera.publish)));
  }
  if (camera.is_directory()) {
    rows.emplace_back("max-cameras", fmt::format("{}", camera.max_cameras));
  }
  if (!camera.controls.empty()) rows.emplace_back("control", controls_of(form, camera));
  return rows;
}

std::string toml_of(const Options& options) {
  std::string text = fmt::format("# fanlight {}\n", version_number());
  for (const OptionTexts& row : options.in_force) {
    if (row.texts.empty()) continue;
    text += fmt::format("{} = {}\n", row.option->name, value_of(Form::toml, row));
  }
  for (const CameraOptions& camera : options.cameras) {
    const bool is_bare = !camera.is_directory();  // a key without quotes, as TOML has it
    text += fmt::format("\n[camera.{}]\n", is_bare ? camera.name : quoted(Form::toml, camera.name));
    for (const auto& [name, value] : rows_of(Form::toml, camera)) {
      text += fmt::format("{} = {}\n", name, value);
    }
  }
  return text;
}

}  // namespace

std::string config_toml(const Options& options) {
  try {
    return toml_of(options);
  } catch (const std::invalid_argument&) {
    throw StartError(ExitCode::config, "--print-config: a value is not UTF-8, which TOML must be");
  }
}

std::string config_json(const Options& options) {
  JsonMembers all;
  for (const OptionTexts& row : options.in_force) {
    all.emplace_back(row.option->name, value_of(Form::json, row));
  }
  JsonMembers cameras;
  for (const CameraOptions& camera : options.cameras) {
    cameras.emplace_back(camera.name, json_object(rows_of(Form::json, camera)));
  }
  all.emplace_back("camera", json_object(cameras));
  return json_object(all);
}

}  // namespace fanlight
