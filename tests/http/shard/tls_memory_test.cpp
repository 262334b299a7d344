// SPDX-License-Identifier: Apache-2.0
// What OpenSSL allocates for a connection, which the line "memory: ..." at the start promises.
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <openssl/crypto.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

#include "http/shard/tls_places.h"
#include "tests/io/tls/tls_pair.h"

namespace fanlight {
namespace {

// In front of each block; as aligned as malloc(3) aligns.
struct alignas(std::max_align_t) Block {
  size_t bytes;
  bool is_counted;
};

size_t counted_bytes = 0;
size_t most_bytes = 0;
bool is_counting = false;  // the server allocates, not the client

void* counted_malloc(size_t bytes, const char*, int) {
  auto* const block = static_cast<Block*>(std::malloc(sizeof(Block) + bytes));
  if (block == nullptr) return nullptr;
  *block = {bytes, is_counting};
  if (is_counting) most_bytes = std::max(most_bytes, counted_bytes += bytes);
  return block + 1;
}

void counted_free(void* data, const char*, int) {
  if (data == nullptr) return;
  Block* const block = static_cast<Block*>(data) - 1;
  if (block->is_counted) counted_bytes -= block->bytes;
  std::free(block);
}

void* counted_realloc(void* data, size_t bytes, const char* file, int line) {
  void* const moved = counted_malloc(bytes, file, line);
  if (data == nullptr || moved == nullptr) return moved;
  std::memcpy(moved, data, std::min(bytes, (static_cast<Block*>(data) - 1)->bytes));
  counted_free(data, file, line);
  return moved;
}

// Before OpenSSL's first allocation, which is refused otherwise (CRYPTO_set_mem_functions(3)).
const bool kIsCounted =
    CRYPTO_set_mem_functions(&counted_malloc, &counted_realloc, &counted_free) == 1;

template <class Work>
auto counting(Work work) {
  is_counting = true;
  auto result = work();
  is_counting = false;
  return result;
}

TEST(TlsMemory, OpensslNeedsNoMoreThanIsStated) {
  ASSERT_TRUE(kIsCounted);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    {
      TlsPair first({.version = version});
      first.shake_hands();
    }  // what is loaded once
    TlsPair pair({.version = version});
    TlsSession session(pair.outputs);
    counted_bytes = most_bytes = 0;
    ASSERT_TRUE(counting([&] { return session.begin(pair.context.get(), -1); }));
    for (int i = 0; i < 5 && !session.is_established(); ++i) {
      pair.client.advance();
      for (std::string bytes = pair.client.take_output(); !bytes.empty();) {
        const std::span<char> room = session.input_room();
        const size_t size = std::min(room.size(), bytes.size());
        std::copy_n(bytes.begin(), size, room.begin());
        session.received(size);
        bytes.erase(0, size);
        counting([&] { return session.shake_hands(); });
      }
      pair.client.receive(session.output());
      if (!session.output().empty()) session.sent(session.output().size());
    }
    ASSERT_TRUE(session.is_established());
    std::string text(30'000, 'x');
    const iovec slice{text.data(), text.size()};
    ASSERT_TRUE(counting([&] { return session.seal({&slice, 1}); }));
    session.sent(session.output().size());
    fmt::print("TLS {:x}: at most {} bytes, then {}\n", version, most_bytes, counted_bytes);
    EXPECT_LE(most_bytes, TlsPlaces::kOpensslHandshakeBytes);
    EXPECT_LE(counted_bytes, TlsPlaces::kOpensslBytes);
    EXPECT_GE(counted_bytes, TlsPlaces::kOpensslBytes / 4) << "the statement is out of date";
  }
}

}  // namespace
}  // namespace fanlight
