#include "driver/pretend_guest.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/assert.h"

namespace sluice::driver {
namespace {

constexpr Duration count_interval = std::chrono::milliseconds(200);
constexpr std::string_view magic = "PRETEND1";
constexpr std::size_t head_size = 64;
constexpr std::size_t line_max = 200;

// Eight bytes of the memory. Any word can be had without those before it.
std::uint64_t word_at(std::uint64_t seed, std::uint64_t index) {
  std::uint64_t z = seed + (index + 1) * 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

std::uint64_t seed_of(const Uuid& uuid) { return std::hash<Uuid>()(uuid); }

// Fills `out` with the memory from byte `from` on.
void fill_memory(std::uint64_t seed, std::uint64_t from, MutableBytes out) {
  std::array<std::byte, 8> word;
  for (std::size_t done = 0; done < out.size();) {
    const std::uint64_t at = from + done;
    store_big(word.data(), word_at(seed, at / 8));
    const auto skip = static_cast<std::size_t>(at % 8);
    const std::size_t n = std::min(8 - skip, out.size() - done);
    std::memcpy(out.data() + done, word.data() + skip, n);
    done += n;
  }
}

std::unexpected<Error> refuse(std::string message) {
  return fault(Code::operation_failed, std::move(message), ErrorDomain::domain);
}

}  // namespace

void PretendGuest::run(Instant now) {
  if (runs_) return;
  since_ = now;
  runs_ = true;
}

void PretendGuest::stand_still(Instant now) {
  ran_ = ran(now);
  runs_ = false;
}

void PretendGuest::reboot(Instant now) {
  ran_ = {};
  since_ = now;
  line_.clear();
}

Duration PretendGuest::ran(Instant now) const { return runs_ ? ran_ + (now - since_) : ran_; }

std::uint64_t PretendGuest::count(Instant now) const { return static_cast<std::uint64_t>(ran(now) / count_interval); }

PretendGuest::Answer PretendGuest::typed(Bytes keys, Instant now) {
  Answer answer;
  if (!runs_) return answer;
  for (const char key : as_text(keys)) {
    if (key != '\r' && key != '\n') {
      if (line_.size() < line_max) line_ += key;
      continue;
    }
    if (line_ == "halt") answer.powers_off = true;
    answer.said += answer_to_line(now);
    line_.clear();
  }
  return answer;
}

std::string PretendGuest::answer_to_line(Instant now) {
  if (line_ == "count") return "count " + std::to_string(count(now)) + "\r\n";
  return "you said " + line_ + "\r\n";
}

std::uint64_t PretendGuest::state_size() const { return head_size + memory_bytes_; }

Chunk PretendGuest::state(std::uint64_t from, std::size_t size_max) const {
  ensure(!runs_, "the state of a guest that runs changes while it is read");
  const std::uint64_t size = state_size();
  if (from >= size) return {};
  if (from < head_size) {
    std::array<std::byte, head_size> head{};
    std::memcpy(head.data(), magic.data(), magic.size());
    std::ranges::copy(uuid_.bytes, head.begin() + 8);
    store_big<std::uint64_t>(&head[24], memory_bytes_);
    store_big<std::uint64_t>(&head[32], static_cast<std::uint64_t>(ran_.count()));
    const auto skip = static_cast<std::size_t>(from);
    return Chunk::copy_of(Bytes(head).subspan(skip, std::min(size_max, head_size - skip)));
  }
  Chunk chunk = Chunk::uninitialised(static_cast<std::size_t>(std::min<std::uint64_t>(size_max, size - from)));
  fill_memory(seed_of(uuid_), from - head_size, chunk.writable());
  return chunk;
}

Result<> PretendState::take(Bytes bytes) {
  if (at_ < head_size) {
    const Bytes part = bytes.first(std::min<std::size_t>(bytes.size(), head_size - head_.size()));
    head_.insert(head_.end(), part.begin(), part.end());
    at_ += part.size();
    bytes = bytes.subspan(part.size());
    if (head_.size() < head_size) return {};
    if (auto read = read_head(); !read) return read;
  }
  if (at_ + bytes.size() > head_size + memory_bytes_) return refuse("the state is longer than the machine's memory");
  std::array<std::byte, 4096> expected;
  while (!bytes.empty()) {
    const std::size_t n = std::min(bytes.size(), expected.size());
    const MutableBytes right = MutableBytes(expected).first(n);
    fill_memory(seed_of(uuid_), at_ - head_size, right);
    if (std::memcmp(right.data(), bytes.data(), n) != 0) {
      const auto wrong = std::ranges::mismatch(bytes.first(n), right).in1 - bytes.begin();
      return refuse("the state differs at byte " + std::to_string(at_ + static_cast<std::uint64_t>(wrong)));
    }
    at_ += n;
    bytes = bytes.subspan(n);
  }
  return {};
}

Result<> PretendState::read_head() {
  if (as_text(head_).substr(0, magic.size()) != magic) return refuse("the state is not that of an in-memory machine");
  if (!std::ranges::equal(uuid_.bytes, Bytes(head_).subspan(8, 16))) return refuse("the state is of another machine");
  memory_bytes_ = load_big<std::uint64_t>(&head_[24]);
  const auto ran = load_big<std::uint64_t>(&head_[32]);
  if (memory_bytes_ > std::uint64_t{1} << 62) return refuse("the state has more memory than there is");
  if (ran > static_cast<std::uint64_t>(Duration::max().count())) return refuse("the state has run for ever");
  ran_ = Duration(static_cast<Duration::rep>(ran));
  return {};
}

Result<PretendGuest> PretendState::finish() const {
  if (at_ < head_size || at_ != head_size + memory_bytes_) {
    return refuse("the state ends at byte " + std::to_string(at_) + " too early");
  }
  return PretendGuest(uuid_, memory_bytes_, ran_);
}

}  // namespace sluice::driver
