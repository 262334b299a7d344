// SPDX-License-Identifier: Apache-2.0
// ViewerRows: who watches, asked of all shards, a page of rows at a time.
//
// A shard's viewers are its own. So a question travels through the mailboxes to one shard after the
// other, each of which writes rows into it, and back. The next page is asked for when the client
// has taken the one before: nothing is kept or locked for a client that does not read.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "core/mailbox.h"
#include "http/delivery/shard_entry.h"
#include "http/delivery/web_socket.h"
#include "http/protocol/text.h"

namespace fanlight {

struct ShardServices;
class Viewer;

// One row, on the shard that the viewer belongs to.
struct ViewerRow {
  ShardServices& services;
  const ViewerSession& session;
  const Viewer& viewer;
  bool is_first;  // of all
};
// Writes it, in at most kViewerRowBytesMax bytes.
using ViewerRowWriter = void (*)(const ViewerRow& row, TextWriter& text) noexcept;
inline constexpr size_t kViewerRowBytesMax = 512;

// Owns: the page.
// Thread: the asking shard's; while a question is on its way, that of the shard that it is at.
// Invariants: whoever asked keeps it until `came` was called; every viewer that is there all the
//   time is in the list once.
class ViewerRows final : private Message, private SessionVisitor {
 public:
  static constexpr size_t kAllCameras = std::numeric_limits<size_t>::max();
  using Came = void (*)(void* owner) noexcept;

  // `camera`: whose viewers, or kAllCameras.
  ViewerRows(ShardServices& asker, ViewerRowWriter writer, size_t camera) noexcept
      : asker_(asker), writer_(writer), camera_(camera) {}

  // Moves rows to the beginning of `room`; how many bytes. 0: the page is used up, ask again.
  size_t take(std::span<char> room) noexcept;

  // Asks for the next page: `came` is called with `owner` on the asking shard when it is there; it
  // may be empty. False when there are no more.
  bool ask(void* owner, Came came) noexcept;

 private:
  static void at_asked_shard(Message& message) noexcept;
  static void at_asking_shard(Message& message) noexcept;
  void write_page(ShardEntry& shard) noexcept;
  void visit(const ViewerSession& session) noexcept override;

  ShardServices& asker_;
  const ViewerRowWriter writer_;
  const size_t camera_;
  void* owner_ = nullptr;
  Came came_ = nullptr;
  unsigned shard_ = 0;     // whom to ask next
  uint64_t after_id_ = 0;  // for connections with a greater id
  bool is_first_row_ = true;
  bool page_is_full_ = false;
  ShardServices* asked_ = nullptr;  // whose rows are being written
  size_t size_ = 0;                 // bytes of the page
  size_t taken_ = 0;                // of them, by the client
  // The viewers of one connection always find room. Left untouched until then.
  std::array<char, CameraChoice::kMax * kViewerRowBytesMax> page_;
};

}  // namespace fanlight
