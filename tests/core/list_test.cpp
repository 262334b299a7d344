// SPDX-License-Identifier: Apache-2.0
#include "core/list.h"

#include <gtest/gtest.h>

#include <vector>

namespace fanlight {
namespace {

struct ByAge;
struct ByRoom;
struct Guest : ListHook<>, ListHook<ByAge>, ListHook<ByRoom> {
  explicit Guest(int number_) : number(number_) {}
  bool in_list() const { return ListHook<>::is_linked(); }
  int number;
};

std::vector<int> numbers(List<Guest>& list) {
  std::vector<int> result;
  list.for_each([&](Guest& guest) { result.push_back(guest.number); });
  return result;
}

void clear(List<Guest>& list) {
  while (!list.empty()) list.pop_front();
}

TEST(ListTest, StartsEmpty) {
  List<Guest> list;
  EXPECT_TRUE(list.empty());
  EXPECT_EQ(list.size(), 0u);
  EXPECT_TRUE(numbers(list).empty());
}

TEST(ListTest, KeepsInsertionOrder) {
  Guest one(1), two(2), three(3);
  List<Guest> list;
  list.push_back(one);
  list.push_back(two);
  list.push_back(three);
  EXPECT_EQ(numbers(list), (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(list.size(), 3u);
  EXPECT_EQ(&list.front(), &one);
  EXPECT_EQ(list.next(one), &two);
  EXPECT_EQ(list.next(three), nullptr);
  EXPECT_EQ(&list.pop_front(), &one);
  EXPECT_FALSE(one.in_list());
  EXPECT_EQ(&list.pop_front(), &two);
  EXPECT_EQ(&list.pop_front(), &three);
  EXPECT_TRUE(list.empty());
}

TEST(ListTest, RemovesFromFrontMiddleAndBack) {
  Guest one(1), two(2), three(3), four(4);
  List<Guest> list;
  for (Guest* guest : {&one, &two, &three, &four}) list.push_back(*guest);
  list.remove(two);
  EXPECT_EQ(numbers(list), (std::vector<int>{1, 3, 4}));
  list.remove(four);
  EXPECT_EQ(numbers(list), (std::vector<int>{1, 3}));
  list.remove(one);
  EXPECT_EQ(numbers(list), (std::vector<int>{3}));
  list.push_back(two);
  EXPECT_EQ(numbers(list), (std::vector<int>{3, 2}));
  clear(list);
}

TEST(ListTest, ForEachMayRemoveTheCurrentElement) {
  Guest one(1), two(2), three(3), four(4);
  List<Guest> list;
  for (Guest* guest : {&one, &two, &three, &four}) list.push_back(*guest);
  list.for_each([&](Guest& guest) {
    if (guest.number % 2 == 1) list.remove(guest);
  });
  EXPECT_EQ(numbers(list), (std::vector<int>{2, 4}));
  list.for_each([&](Guest& guest) { list.remove(guest); });
  EXPECT_TRUE(list.empty());
}

TEST(ListTest, ForEachMayMoveTheElementToAnotherList) {
  Guest one(1), two(2);
  List<Guest> waiting, served;
  waiting.push_back(one);
  waiting.push_back(two);
  waiting.for_each([&](Guest& guest) {
    waiting.remove(guest);
    served.push_back(guest);
  });
  EXPECT_TRUE(waiting.empty());
  EXPECT_EQ(numbers(served), (std::vector<int>{1, 2}));
  clear(served);
}

TEST(ListTest, TagsAllowOneElementInSeveralLists) {
  Guest one(1), two(2);
  List<Guest, ByAge> by_age;
  List<Guest, ByRoom> by_room;
  by_age.push_back(one);
  by_age.push_back(two);
  by_room.push_back(two);
  by_room.push_back(one);
  by_age.remove(one);
  EXPECT_EQ(by_age.front().number, 2);
  EXPECT_EQ(by_room.size(), 2u);
  EXPECT_EQ(by_room.pop_front().number, 2);
  EXPECT_EQ(by_room.pop_front().number, 1);
  EXPECT_EQ(by_age.pop_front().number, 2);
}

TEST(ListDeathTest, MisuseAborts) {
  Guest guest(1);
  List<Guest> list;
  EXPECT_DEATH(list.front(), "CHECK");
  EXPECT_DEATH(list.remove(guest), "is_linked");
  list.push_back(guest);
  EXPECT_DEATH(list.push_back(guest), "is_linked");
  list.remove(guest);
}

TEST(ListDeathTest, DestroyingALinkedElementOrANonEmptyListAborts) {
  EXPECT_DEATH(
      {
        List<Guest> list;
        Guest guest(1);
        list.push_back(guest);
      },
      "is_linked");
  EXPECT_DEATH(
      {
        Guest guest(1);
        List<Guest> list;
        list.push_back(guest);
      },
      "empty");
}

}  // namespace
}  // namespace fanlight
