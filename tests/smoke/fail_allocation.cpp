// SPDX-License-Identifier: Apache-2.0
// A library for LD_PRELOAD: one allocation of the process fails, as when memory is short.
//
// FAIL_ALLOCATION=N: the N-th call of malloc(3) and its relatives since the beginning of main(),
// from 1, returns ENOMEM; FAIL_MMAP=N: the N-th call of mmap(2) that the program or a library
// makes. At exit the counts are written to the descriptor FAIL_REPORT. With 0, or without the
// variables, nothing fails. What libraries allocate for their global objects is left alone: nobody
// could catch the exception.
#include <dlfcn.h>
#include <fmt/core.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>

extern "C" {

// glibc's own, under the names that no library replaces.
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* memory, size_t size);
void* __libc_memalign(size_t alignment, size_t size);
}

namespace {

std::atomic<long> allocations{0};
std::atomic<long> mappings{0};

using Main = int (*)(int, char**, char**);
Main real_main = nullptr;
bool has_begun = false;  // main(); there is one thread then

int counted_main(int argc, char** argv, char** environment) {
  allocations = 0;
  mappings = 0;
  has_begun = true;
  return real_main(argc, argv, environment);
}

long number_of(const char* name) {
  const char* const text = std::getenv(name);
  long number = 0;
  if (text != nullptr) std::from_chars(text, text + std::strlen(text), number);
  return number;
}

// Before main() the environment is there already, and reading it allocates nothing.
const long failing_allocation = number_of("FAIL_ALLOCATION");
const long failing_mapping = number_of("FAIL_MMAP");

bool fails(std::atomic<long>& count, long which) {
  if (++count != which || !has_begun) return false;
  errno = ENOMEM;
  return true;
}

[[gnu::destructor]] void report() {
  const long fd = number_of("FAIL_REPORT");
  if (fd <= 0) return;
  char line[64];
  const auto end =
      fmt::format_to_n(line, sizeof line, "{} {}\n", allocations.load(), mappings.load());
  [[maybe_unused]] const ssize_t written = ::write(static_cast<int>(fd), line, end.size);
}

}  // namespace

extern "C" {

// Runs the constructors of global objects, then main().
int __libc_start_main(Main main, int argc, char** argv, void (*init)(), void (*fini)(),
                      void (*rtld_fini)(), void* stack_end) {
  using Start = int (*)(Main, int, char**, void (*)(), void (*)(), void (*)(), void*);
  const auto start = reinterpret_cast<Start>(::dlsym(RTLD_NEXT, "__libc_start_main"));
  real_main = main;
  return start(counted_main, argc, argv, init, fini, rtld_fini, stack_end);
}

void* malloc(size_t size) {
  return fails(allocations, failing_allocation) ? nullptr : __libc_malloc(size);
}

void* calloc(size_t count, size_t size) {
  return fails(allocations, failing_allocation) ? nullptr : __libc_calloc(count, size);
}

void* realloc(void* memory, size_t size) {
  return fails(allocations, failing_allocation) ? nullptr : __libc_realloc(memory, size);
}

void* memalign(size_t alignment, size_t size) {
  return fails(allocations, failing_allocation) ? nullptr : __libc_memalign(alignment, size);
}

void* aligned_alloc(size_t alignment, size_t size) {
  return memalign(alignment, size);
}

int posix_memalign(void** memory, size_t alignment, size_t size) {
  void* const found = memalign(alignment, size);
  if (found == nullptr) return ENOMEM;
  *memory = found;
  return 0;
}

void* mmap(void* address, size_t size, int protection, int flags, int fd, off_t offset) {
  if (fails(mappings, failing_mapping)) return MAP_FAILED;
  return reinterpret_cast<void*>(::syscall(SYS_mmap, address, size, protection, flags, fd, offset));
}

void* mmap64(void* address, size_t size, int protection, int flags, int fd, off_t offset) {
  return mmap(address, size, protection, flags, fd, offset);
}
}
