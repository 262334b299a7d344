// SPDX-License-Identifier: Apache-2.0
#include "http/report/cameras_json.h"

#include <utility>

#include "http/delivery/shard_services.h"
#include "http/report/server_report.h"

namespace fanlight {

Body::State CamerasJson::write_step(TextWriter& text) noexcept {
  JsonWriter json(text, position_);
  if (!std::exchange(has_begun_, true)) {
    json.begin_object();
    json.key("instance_id").formatted("{:x}", instance_id(services_.state));
    json.key("cameras").begin_array();
    return Body::State::more;
  }
  if (cameras_.write_step(json)) return Body::State::more;
  json.end_array();
  json.end_object();
  text.raw("\n");
  return Body::State::done;
}

}  // namespace fanlight
