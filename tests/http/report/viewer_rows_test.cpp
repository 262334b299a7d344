// SPDX-License-Identifier: Apache-2.0
#include "http/report/viewer_rows.h"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>
#include <utility>

#include "tests/http/calm_world.h"
#include "tests/http/raw_client.h"

namespace fanlight {
namespace {

// A row of the maximum length, so that a page holds few.
void write_long_row(const ViewerRow& row, TextWriter& text) noexcept {
  const bool is_first = std::exchange(row.position, JsonPosition::further) == JsonPosition::first;
  text.add("{}{:0{}}\n", is_first ? "first " : "", row.session.connection_id,
           kViewerRowBytesMax - 1 - (is_first ? 6 : 0));
}

// Reads the rows as a body does.
struct Reader {
  explicit Reader(ShardWorld& shard, size_t camera = ViewerRows::kAllCameras)
      : rows(shard.shard.services(), &write_long_row, camera,
             {this, [](void* owner) noexcept { static_cast<Reader*>(owner)->waiting = false; }}) {}

  // Appends the next rows to `text`.
  Body::State step() {
    std::array<char, 300> room;
    TextWriter writer(room);
    const Body::State state = rows.write_step(writer);
    text += writer.view();
    EXPECT_EQ(state == Body::State::more, writer.size() > 0);
    return state;
  }
  // Appends the rest of a page, and requests the next one; false if there are no more.
  bool take_page(ShardWorld& shard) {
    Body::State state = step();
    while (state == Body::State::more) state = step();
    if (state == Body::State::done) return false;
    waiting = true;
    ++pages;
    EXPECT_TRUE(shard.run_until([this] { return !waiting; }, 1s));
    return !waiting;
  }
  void read_all(ShardWorld& shard) {
    while (take_page(shard)) continue;
  }
  std::multiset<uint64_t> ids() const {
    std::multiset<uint64_t> found;
    for (size_t at = 0; at < text.size(); at += kViewerRowBytesMax) {
      const std::string row = text.substr(at, kViewerRowBytesMax);
      found.insert(std::stoull(row.starts_with("first ") ? row.substr(6) : row));
    }
    return found;
  }

  ViewerRows rows;
  std::string text;
  bool waiting = false;
  size_t pages = 0;
};

TEST(ViewerRows, EveryViewerIsThereOnce) {
  ShardWorld shard(calm_world());
  for (int i = 0; i < 100; ++i) shard.world.add({.parse = false});
  shard.run_for(1s);
  Reader reader(shard);
  reader.read_all(shard);
  EXPECT_EQ(reader.text.size(), 100 * kViewerRowBytesMax);
  EXPECT_EQ(reader.pages, 7u) << "of 16 rows each";
  EXPECT_TRUE(reader.text.starts_with("first "));
  EXPECT_EQ(reader.text.find("first ", 1), std::string::npos);
  const std::multiset<uint64_t> ids = reader.ids();
  EXPECT_EQ(std::set<uint64_t>(ids.begin(), ids.end()).size(), 100u);
  EXPECT_EQ(reader.step(), Body::State::done) << "no shard is queried again";
}

// Between two pages some viewers disconnect, including the one at which the next page would have
// begun, and some connect. Those that remain are listed once.
TEST(ViewerRows, ViewersMayComeAndGoBetweenTwoPages) {
  ShardWorld shard(calm_world());
  std::deque<RawClient> clients;
  const auto come = [&] {
    clients.emplace_back(shard);
    clients.back().send(get("/stream"));
    shard.run_for(1ms);
  };
  for (int i = 0; i < 40; ++i) come();
  Reader reader(shard);
  ASSERT_TRUE(reader.take_page(shard));
  for (int i = 10; i < 20; ++i) clients[static_cast<size_t>(i)].close();
  for (int i = 0; i < 3; ++i) come();
  shard.run_for(300ms);  // two frames, after which the closes have been detected
  reader.read_all(shard);
  const std::multiset<uint64_t> ids = reader.ids();
  // 16 of the first page; of the other 24, 4 left (16..19); 3 joined.
  EXPECT_EQ(ids.size(), 16u + 20 + 3);
  EXPECT_EQ(std::set<uint64_t>(ids.begin(), ids.end()).size(), ids.size());
}

TEST(ViewerRows, WithoutViewersThereIsOneEmptyPage) {
  ShardWorld shard(calm_world());
  Reader reader(shard, 0);
  reader.read_all(shard);
  EXPECT_EQ(reader.pages, 1u);
  EXPECT_EQ(reader.text, "");
}

}  // namespace
}  // namespace fanlight
