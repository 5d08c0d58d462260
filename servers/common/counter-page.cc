#include "servers/common/counter-page.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstring>
#include <new>

#include "native/errors.h"
#include "native/fd.h"

namespace fb {
namespace {

static_assert(std::endian::native == std::endian::little, "the counter page is little-endian");

constexpr std::size_t slotCountAt = 8;
constexpr std::size_t slotOffsetAt = 12;
constexpr std::size_t respawnsAt = 16;
constexpr std::size_t pidsAt = 64;
constexpr const char* remedy = "choose another file for --counters";

std::atomic<std::uint32_t>& number(std::byte* memory, std::size_t offset) noexcept {
  return *std::launder(reinterpret_cast<std::atomic<std::uint32_t>*>(memory + offset));
}

// Always a new file: an older server may still have its own mapped, and must not see that shrink.
Fd createFile(const std::string& file, std::size_t bytes) {
  struct stat old {};
  if (::lstat(file.c_str(), &old) == 0) {
    if (!S_ISREG(old.st_mode)) throw FatalError("counters file " + file + ": exists and is no file; " + remedy);
    ::unlink(file.c_str());
  }
  Fd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!fd) throw systemError("create the counters file " + file, errno, remedy);
  // Allocated now: on a full disk a sparse page would end the server with SIGBUS in the middle of a run.
  if (const int error = ::posix_fallocate(fd.get(), 0, static_cast<off_t>(bytes)); error != 0)
    throw systemError("allocate the counters file " + file, error, remedy);
  return fd;
}

}  // namespace

CounterPage::CounterPage(const std::string& file, std::uint32_t slotCount)
    : slotOffset_((pidsAt + 4 * std::size_t{slotCount} + 127) / 128 * 128) {
  bytes_ = slotOffset_ + sizeof(CounterSlot) * slotCount;
  const Fd fd = file.empty() ? Fd() : createFile(file, bytes_);
  const int flags = MAP_SHARED | (file.empty() ? MAP_ANONYMOUS : 0);
  void* const memory = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, flags, fd.get(), 0);
  if (memory == MAP_FAILED) throw systemError("map the counters " + file, errno, remedy);

  memory_ = static_cast<std::byte*>(memory);
  for (std::size_t at = slotCountAt; at < slotOffset_; at += 4) new (memory_ + at) std::atomic<std::uint32_t>(0);
  for (std::uint32_t index = 0; index < slotCount; ++index)
    new (memory_ + slotOffset_ + sizeof(CounterSlot) * index) CounterSlot();
  number(memory_, slotCountAt) = slotCount;
  number(memory_, slotOffsetAt) = static_cast<std::uint32_t>(slotOffset_);
  setPid(0, ::getpid());
  // Last, since a reader takes the page as valid once it has the magic.
  std::atomic_thread_fence(std::memory_order_release);
  std::memcpy(memory_, "FBCOUNT2", 8);
}

CounterPage::~CounterPage() { ::munmap(memory_, bytes_); }

CounterSlot& CounterPage::slot(std::uint32_t index) noexcept {
  return *std::launder(reinterpret_cast<CounterSlot*>(memory_ + slotOffset_ + sizeof(CounterSlot) * index));
}

void CounterPage::setPid(std::uint32_t index, pid_t pid) noexcept {
  number(memory_, pidsAt + 4 * std::size_t{index}).store(static_cast<std::uint32_t>(pid), std::memory_order_relaxed);
}

void CounterPage::countRespawn() noexcept { number(memory_, respawnsAt).fetch_add(1, std::memory_order_relaxed); }

}  // namespace fb
