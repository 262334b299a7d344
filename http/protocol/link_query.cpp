// SPDX-License-Identifier: Apache-2.0
#include "http/protocol/link_query.h"

#include <array>

#include "http/protocol/request.h"

namespace fanlight {

LinkQuery read_link_query(std::string_view query) noexcept {
  LinkQuery link;
  struct Field {
    std::string_view name;
    std::string_view& text;
    bool given = false;
  };
  std::array fields = {Field{"exp", link.texts.exp}, Field{"cam", link.texts.cam},
                       Field{"sig", link.texts.sig}};
  while (!query.empty()) {
    const QueryPair pair = take_pair(query);
    for (Field& field : fields) {
      if (pair.name != field.name) continue;
      link.has_several = link.has_several || field.given;
      field.given = true;
      field.text = pair.value;
    }
  }
  // Without a signature, parameters of these names are someone else's.
  if (!fields[2].given) link = {};
  return link;
}

}  // namespace fanlight
