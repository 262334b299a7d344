// SPDX-License-Identifier: Apache-2.0
// ViewerRows: the list of viewers, collected from all shards, one page of rows at a time.
//
// Each shard's viewers are its own. So a query travels through the mailboxes to one shard after
// another, which writes rows into it, and back. The next page is requested when the client has
// taken the previous one: nothing is kept or locked for a client that does not read.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

#include "core/mailbox.h"
#include "http/delivery/shard_entry.h"
#include "http/delivery/camera_choice.h"
#include "http/protocol/body.h"
#include "http/protocol/json.h"

namespace fanlight {

struct ShardServices;
class Viewer;

// One row, on the shard that the viewer belongs to.
struct ViewerRow {
  ShardServices& services;
  const ViewerSession& session;
  const Viewer& viewer;
  JsonPosition& position;  // in the whole list, for rows that are JSON
};
// Writes it, in at most kViewerRowBytesMax bytes.
using ViewerRowWriter = void (*)(const ViewerRow& row, TextWriter& text) noexcept;
inline constexpr size_t kViewerRowBytesMax = 512;

// Owns: the page.
// Thread: the requesting shard's; while a query is in transit, that of the shard it has reached.
// Invariants: the owner keeps it while a page is on its way; every viewer that is present the whole
//   time is in the list once.
class ViewerRows final : private Message, private SessionVisitor {
 public:
  static constexpr size_t kAllCameras = std::numeric_limits<size_t>::max();
  // Called on the requesting shard when a page has arrived.
  struct Arrival {
    void* owner;
    void (*call)(void* owner) noexcept;
  };

  // `camera`: whose viewers, or kAllCameras.
  ViewerRows(ShardServices& asker, ViewerRowWriter writer, size_t camera, Arrival arrival) noexcept
      : asker_(asker), writer_(writer), camera_(camera), arrival_(arrival) {}

  // Writes as many rows as fit. Pending: nothing is written, and the next page, which may be empty,
  // is on its way. Done: nothing is written, and nothing follows.
  Body::State write_step(TextWriter& text) noexcept;

 private:
  bool request_page() noexcept;
  static void at_asked_shard(Message& message) noexcept;
  static void at_asking_shard(Message& message) noexcept;
  void write_page(ShardEntry& shard) noexcept;
  void visit(const ViewerSession& session) noexcept override;

  ShardServices& asker_;
  const ViewerRowWriter writer_;
  const size_t camera_;
  const Arrival arrival_;
  unsigned shard_ = 0;     // the next shard to query
  uint64_t after_id_ = 0;  // for connections with a greater id
  JsonPosition position_ = JsonPosition::first;
  bool page_is_full_ = false;
  ShardServices* asked_ = nullptr;  // the shard whose rows are being written
  size_t size_ = 0;                 // bytes of the page
  std::string_view left_;           // of the page, for the client
  // There is always room for all viewers of one connection. Left untouched until then.
  std::array<char, CameraChoice::kMax * kViewerRowBytesMax> page_;
};

}  // namespace fanlight
