#include "clients/client-board.h"

#include <sys/mman.h>

#include <cerrno>
#include <memory>
#include <new>
#include <type_traits>

#include "native/errors.h"

namespace fb {
namespace {

constexpr std::size_t roundedUp(std::size_t bytes, std::size_t unit) { return (bytes + unit - 1) / unit * unit; }

}  // namespace

ClientBoard::ClientBoard(std::size_t clients) {
  static_assert(std::is_trivially_destructible_v<Head> && std::is_trivially_destructible_v<ClientRecord>);
  const std::size_t headBytes = roundedUp(sizeof(Head), alignof(ClientRecord));
  bytes_ = headBytes + clients * sizeof(ClientRecord);
  memory_ = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory_ == MAP_FAILED) throw systemError("mmap of the clients' counters", errno);
  head_ = new (memory_) Head;
  clients_ = reinterpret_cast<ClientRecord*>(static_cast<std::byte*>(memory_) + headBytes);
  std::uninitialized_value_construct_n(clients_, clients);
}

ClientBoard::~ClientBoard() { ::munmap(memory_, bytes_); }

}  // namespace fb
