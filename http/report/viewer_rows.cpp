// SPDX-License-Identifier: Apache-2.0
#include "http/report/viewer_rows.h"

#include <span>

#include "core/check.h"
#include "http/delivery/shard_services.h"
#include "http/delivery/viewer.h"

namespace fanlight {

Body::State ViewerRows::write_step(TextWriter& text) noexcept {
  if (left_.empty()) return request_page() ? Body::State::pending : Body::State::done;
  text.raw_part(left_);
  return Body::State::more;
}

// False if there are no more.
bool ViewerRows::request_page() noexcept {
  const auto& links = asker_.state.links;
  if (shard_ == links.size()) return false;
  links[shard_]->mailbox.post(*this, &ViewerRows::at_asked_shard);
  return true;
}

void ViewerRows::at_asked_shard(Message& message) noexcept {
  auto& rows = static_cast<ViewerRows&>(message);
  rows.write_page(*rows.asker_.state.links[rows.shard_]->entry);
  rows.asker_.mailbox.post(rows, &ViewerRows::at_asking_shard);
}

void ViewerRows::at_asking_shard(Message& message) noexcept {
  auto& rows = static_cast<ViewerRows&>(message);
  rows.left_ = {rows.page_.data(), rows.size_};
  rows.arrival_.call(rows.arrival_.owner);
}

void ViewerRows::write_page(ShardEntry& shard) noexcept {
  size_ = 0;
  page_is_full_ = false;
  asked_ = &shard.services();
  shard.visit_sessions(*this);
  if (page_is_full_) return;
  ++shard_;
  after_id_ = 0;
}

// Sessions are visited in order of their ids, so the last one written shows where to continue, even
// if others have joined or left meanwhile.
void ViewerRows::visit(const ViewerSession& session) noexcept {
  if (session.connection_id <= after_id_ || page_is_full_) return;
  TextWriter text(std::span<char>(page_).subspan(size_));
  page_is_full_ = text.room() < kViewerRowBytesMax * session.viewers.size();
  if (page_is_full_) return;
  after_id_ = session.connection_id;
  for (const Viewer* viewer : session.viewers) {
    if (camera_ != kAllCameras && &viewer->channel().top() != &asked_->channel(camera_)) continue;
    const size_t before = text.size();
    writer_({*asked_, session, *viewer, position_}, text);
    CHECK(text.size() - before <= kViewerRowBytesMax);
  }
  size_ += text.size();
}

}  // namespace fanlight
