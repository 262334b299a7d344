// SPDX-License-Identifier: Apache-2.0
// CameraPanel: what is known about a camera, and how its controls are set.
//
// The second place, beside the FrameRing, where a camera's thread and the shards meet. The camera
// writes its description and its controls here, and shards copy them. A shard that wants to set a
// control leaves a request, which the camera's thread serves between two pictures, because driver
// calls may block for seconds and must come from one thread. The answer travels back through the
// shard's Mailbox. Neither side waits for the other: a shard may abandon its request at any time,
// even while the camera's thread hangs in its driver.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "core/mailbox.h"
#include "core/waker.h"

namespace fanlight {

class CameraPanel;

// What became of a request to change controls.
enum class ControlOutcome : uint8_t {
  done,         // the controls are as requested
  malformed,    // the request makes no sense, or names a control that the camera does not have
  refused,      // by the driver
  unavailable,  // the camera is stopped or lost, or its thread cannot serve the request
};

// The camera thread's answer to a request.
struct ControlAnswer {
  ControlOutcome outcome = ControlOutcome::unavailable;
  std::string words;  // one line that gives the reason, without a newline; empty when done
};

// What a client wants, and who that is, as the log shows it. Valid while it is being asked or
// served.
struct ControlOrder {
  std::string_view body;
  std::string_view who{};
};

// One client's request, on its way to the camera's thread and back. Owned by the panel.
// Thread: everything in it is under the panel's lock, except what its state assigns to one side:
// the body to the camera while it is served, the answer to the shard once it is answered.
class ControlRequest : public Message {
 public:
  static constexpr size_t kBodyBytesMax = 2048;
  static constexpr size_t kWordsBytesMax = 256;
  static constexpr size_t kWhoBytesMax = 128;

  // Called on the shard's thread, out of its mailbox; the request is over when it returns.
  using Answered = void (*)(void* owner, ControlOutcome outcome, std::string_view words) noexcept;

 private:
  friend class CameraPanel;
  enum class State : uint8_t {
    free,
    waiting,   // for the camera's thread
    serving,   // by the camera's thread
    answered,  // in the shard's mailbox, or about to be
  };
  CameraPanel* panel_ = nullptr;
  State state_ = State::free;
  uint64_t ticket_ = 0;  // the smallest is served first
  Mailbox* reply_to_ = nullptr;
  void* owner_ = nullptr;  // nullptr: abandoned, the answer is not wanted
  Answered answered_ = nullptr;
  ControlOutcome outcome_ = ControlOutcome::unavailable;
  size_t body_size_ = 0;
  size_t who_size_ = 0;
  size_t words_size_ = 0;
  std::array<char, kBodyBytesMax> body_{};
  std::array<char, kWhoBytesMax> who_{};
  std::array<char, kWordsBytesMax> words_{};
};

// Owns: its texts and the places for requests, all of fixed size.
// Thread: describe(), publish_controls() and serve() by the camera's thread (or main's, before
//   that one runs); the copies by any; ask() by any shard, abandon() by the one that asked.
// Invariants: the lock is never held for longer than a copy of kControlsBytesMax and never during a
//   driver call; no request is open when it is destroyed.
class CameraPanel {
 public:
  static constexpr size_t kTextBytesMax = 240;
  static constexpr size_t kViaBytesMax = 480;
  static constexpr size_t kControlsBytesMax = 32 << 10;
  static constexpr size_t kRequestsMax = 8;

  using Handler = std::function<void(const ControlOrder& order, ControlAnswer& answer)>;

  // Every request wakes `camera` (CameraClock::interrupts()), which outlives the panel's use.
  explicit CameraPanel(Waker& camera);
  CameraPanel(const CameraPanel&) = delete;
  CameraPanel& operator=(const CameraPanel&) = delete;
  ~CameraPanel();

  // --- the camera's thread ---

  // Device and format are texts for people, one line each (SourceDescription). `via` lists the
  // relays between the camera and this server as RFC 9110 section 7.6.3 writes them, with this
  // server's own entry if it is configured to identify itself. Longer texts are cut (`via` to
  // nothing: half a chain would be wrong). Devices and peers write these texts: they are made
  // printable, and `via` ASCII (core/printable.h).
  void describe(std::string_view device, std::string_view format, std::string_view via) noexcept;

  // The controls as they are now: each row is the JSON text of one object. Returns how many rows
  // did not fit into kControlsBytesMax; those at the end are left out.
  size_t publish_controls(std::span<const std::string> rows) noexcept;

  // Calls `handler` for every waiting request, first come first served. The outcome `done`
  // means that the controls are as the client requested and that the handler has published them:
  // the client is sent what publish_controls() wrote last. `handler` throws nothing.
  void serve(const Handler& handler) noexcept;

  // --- any thread ---

  // Each writes its text to the beginning of `room`, which must hold the longest, and returns the
  // part written.
  std::string_view copy_device(std::span<char, kTextBytesMax> room) const noexcept;
  std::string_view copy_format(std::span<char, kTextBytesMax> room) const noexcept;
  std::string_view copy_via(std::span<char, kViaBytesMax> room) const noexcept;
  // The rows between commas, without the brackets of an array; empty when there are none.
  std::string_view copy_controls(std::span<char, kControlsBytesMax> room) const noexcept;

  // --- shards ---

  // Leaves a request with this body (at most ControlRequest::kBodyBytesMax; `who` is cut to
  // kWhoBytesMax). `reply_to` calls `answered` with `owner` once, unless the request is abandoned
  // first. nullptr when all places are taken.
  ControlRequest* ask(const ControlOrder& order, Mailbox& reply_to, void* owner,
                      ControlRequest::Answered answered) noexcept;

  // The answer is no longer wanted: `answered` is not called. The mailbox may be destroyed after
  // its next delivery. Not after `answered` was called.
  void abandon(ControlRequest& request) noexcept;

 private:
  template <size_t kSize>
  struct Text {
    size_t size = 0;
    std::array<char, kSize> bytes;
  };
  template <size_t kSize>
  std::string_view copy(const Text<kSize>& text, std::span<char, kSize> room) const noexcept;

  ControlRequest* next_waiting() noexcept;
  void finish(ControlRequest& request, const ControlAnswer& answer) noexcept;
  static void deliver(Message& message) noexcept;

  Waker& camera_;
  mutable std::mutex mutex_;  // guards everything below
  Text<kTextBytesMax> device_;
  Text<kTextBytesMax> format_;
  Text<kViaBytesMax> via_;
  Text<kControlsBytesMax> controls_;
  uint64_t tickets_ = 0;
  std::array<ControlRequest, kRequestsMax> requests_;
};

}  // namespace fanlight
