// SPDX-License-Identifier: Apache-2.0
#include "http/viewer_rows.h"

#include <algorithm>

#include "core/check.h"
#include "http/shard.h"

namespace fanlight {

size_t ViewerRows::take(std::span<char> room) noexcept {
  const size_t bytes = std::min(room.size(), size_ - taken_);
  std::copy_n(page_.data() + taken_, bytes, room.data());
  taken_ += bytes;
  return bytes;
}

bool ViewerRows::ask(void* owner, Came came) noexcept {
  const auto& links = asker_.state().links;
  if (shard_ == links.size()) return false;
  owner_ = owner;
  came_ = came;
  links[shard_]->mailbox.post(*this, &ViewerRows::at_asked_shard);
  return true;
}

void ViewerRows::at_asked_shard(Message& message) noexcept {
  auto& rows = static_cast<ViewerRows&>(message);
  Shard& asked = *rows.asker_.state().links[rows.shard_]->shard;
  rows.write_page(asked);
  rows.asker_.mailbox().post(rows, &ViewerRows::at_asking_shard);
}

void ViewerRows::at_asking_shard(Message& message) noexcept {
  auto& rows = static_cast<ViewerRows&>(message);
  rows.came_(rows.owner_);
}

// Connections are listed in the order of their ids, so the last one that was written tells where
// to go on, whoever has come or gone meanwhile.
void ViewerRows::write_page(Shard& shard) noexcept {
  TextWriter text(page_);
  bool more = false;
  shard.connections().for_each([&](Connection& connection) {
    if (connection.id() <= after_id_ || more) return;
    size_t viewers = 0;
    connection.for_each_viewer([&viewers](const Viewer&) { ++viewers; });
    more = text.room() < kViewerRowBytesMax * viewers;
    if (more || viewers == 0) return;
    after_id_ = connection.id();
    connection.for_each_viewer([&](const Viewer& viewer) {
      if (camera_ != kAllCameras && &viewer.channel() != &shard.channel(camera_)) return;
      const size_t before = text.size();
      writer_({shard, connection, viewer, is_first_row_}, text);
      CHECK(text.size() - before <= kViewerRowBytesMax);
      is_first_row_ = false;
    });
  });
  size_ = text.size();
  taken_ = 0;
  if (more) return;
  ++shard_;
  after_id_ = 0;
}

}  // namespace fanlight
