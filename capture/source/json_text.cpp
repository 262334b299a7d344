// SPDX-License-Identifier: Apache-2.0
#include "capture/source/json_text.h"

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "core/join.h"

namespace fanlight {

std::string json_string(std::string_view text, NotUtf8 otherwise) {
  using Json = nlohmann::json;
  const auto handler = otherwise == NotUtf8::replace ? Json::error_handler_t::replace
                                                     : Json::error_handler_t::strict;
  try {
    return Json(text).dump(-1, ' ', false, handler);
  } catch (const Json::type_error&) {
    throw std::invalid_argument("not UTF-8");
  }
}

std::string json_number(double value) {
  return nlohmann::json(value).dump();
}

std::string json_boolean(bool value) {
  return value ? "true" : "false";
}

std::string json_array(std::span<const std::string> values) {
  return "[" + join(values, ",") + "]";
}

std::string json_object(const JsonMembers& members) {
  std::vector<std::string> texts;
  for (const auto& [name, value] : members) texts.push_back(json_string(name) + ":" + value);
  return "{" + join(texts, ",") + "}";
}

}  // namespace fanlight
