// SPDX-License-Identifier: Apache-2.0
// ContractDriver: submits requests and sorts their completions, for the contract's scenarios.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "io/operation.h"
#include "tests/io/backend_contract.h"

namespace fanlight {

// A connection: this side's descriptor, and the far end.
struct ContractConnection {
  int fd = -1;
  std::unique_ptr<ContractPeer> peer;
};

// Owns: the completions that were not requested yet.
class ContractDriver {
 public:
  explicit ContractDriver(ContractWorld& world) : world_(world) {}

  // Ends the accept and expects that every completion was requested.
  ~ContractDriver();

  // Prepares a request under `id`, which must be different for every request in flight, and less
  // than 2^32.
  template <class Prepare, class... Args>
  void submit(uint64_t id, Prepare prepare, Args&&... args) {
    io_uring_sqe* sqe = world_.backend().next_sqe();
    prepare(sqe, std::forward<Args>(args)...);
    sqe->user_data = id;
  }
  void submit_accept(uint64_t id, int listener);
  void submit_cancel(uint64_t id, uint64_t target);

  // The next completion of `id`, waiting for it if necessary; fails the test when none arrives in
  // 10 seconds of the backend's time.
  Completion next(uint64_t id);
  // The same for a request that has a single completion.
  int result(uint64_t id);

  // True when a completion of `id` is there, or arrives in this time.
  bool comes(uint64_t id, Duration within);
  // True when nothing at all completes in this time.
  bool is_idle(Duration duration);

  // A connection that was accepted by a multishot accept that the driver keeps armed.
  ContractConnection connect();

  // Sends until the socket takes no more, by SEND or by SENDMSG of three pieces (the last or the
  // first of them large), and leaves the last request waiting under `id`. Returns how many bytes
  // were taken before; byte i of them is stream_byte(i).
  enum class With { send, sendmsg, sendmsg_of_large_first };
  size_t fill(int fd, uint64_t id, With with = With::send);

  // Receives the next `size` bytes of what fill() sent, and compares them. One fill() per driver.
  void expect_stream(ContractPeer& peer, size_t size);
  // Receives exactly `size` bytes.
  std::string receive(ContractPeer& peer, size_t size);

  // Closes by a CLOSE request.
  void close(int fd);

 private:
  bool turn(Instant deadline);

  ContractWorld& world_;
  std::map<uint64_t, std::deque<Completion>> completions_;
  std::array<iovec, 3> pieces_{};
  msghdr message_{};
  size_t received_ = 0;
  int listener_ = -1;
};

// The contents of long streams, without a short period.
char stream_byte(size_t index);

inline constexpr uint32_t kMore = IORING_CQE_F_MORE;

}  // namespace fanlight
