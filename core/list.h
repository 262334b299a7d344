// SPDX-License-Identifier: Apache-2.0
// List: an intrusive doubly linked list.
//
// The links are in the element, so joining and leaving a list takes two stores, no allocation and
// no search: thousands of viewers change lists with every frame.
#pragma once

#include <cstddef>

#include "core/check.h"

namespace fanlight {

// Base of elements. `Tag` distinguishes the lists that one element may be in.
// Invariant: not linked when destroyed.
template <class Tag = void>
class ListHook {
 public:
  ListHook() = default;
  ListHook(const ListHook&) = delete;
  ListHook& operator=(const ListHook&) = delete;
  ~ListHook() { CHECK(!is_linked()); }

  bool is_linked() const { return next_ != nullptr; }

 private:
  template <class T, class U>
  friend class List;
  ListHook* next_ = nullptr;
  ListHook* previous_ = nullptr;
};

// Owns: nothing; elements outlive their membership.
// Thread: one.
// Invariant: every element's hook is linked in exactly this list.
template <class T, class Tag = void>
class List {
  using Hook = ListHook<Tag>;

 public:
  List() { head_.next_ = head_.previous_ = &head_; }
  List(const List&) = delete;
  List& operator=(const List&) = delete;
  ~List() {
    CHECK(empty());
    head_.next_ = head_.previous_ = nullptr;
  }

  bool empty() const { return head_.next_ == &head_; }
  size_t size() const { return size_; }
  T& front() {
    CHECK(!empty());
    return owner(head_.next_);
  }

  void push_back(T& element) {
    Hook* hook = &element;
    CHECK(!hook->is_linked());
    hook->previous_ = head_.previous_;
    hook->next_ = &head_;
    head_.previous_->next_ = hook;
    head_.previous_ = hook;
    ++size_;
  }

  void remove(T& element) {
    Hook* hook = &element;
    CHECK(hook->is_linked() && size_ > 0);
    hook->previous_->next_ = hook->next_;
    hook->next_->previous_ = hook->previous_;
    hook->next_ = hook->previous_ = nullptr;
    --size_;
  }

  // The element after this one, nullptr after the last.
  T* next(T& element) {
    Hook* hook = &element;
    CHECK(hook->is_linked());
    return hook->next_ == &head_ ? nullptr : &owner(hook->next_);
  }

  T& pop_front() {
    T& element = front();
    remove(element);
    return element;
  }

  // Calls f(element) for each; f may remove the element it is given, but no other.
  template <class F>
  void for_each(F f) {
    for (Hook* hook = head_.next_; hook != &head_;) {
      Hook* next = hook->next_;
      f(owner(hook));
      hook = next;
    }
  }

 private:
  static T& owner(Hook* hook) { return *static_cast<T*>(hook); }
  Hook head_;
  size_t size_ = 0;
};

}  // namespace fanlight
