// Shares a rate among all streams of a daemon, whoever opened them: each gets its equal part.
//
//   share_rate URI BYTES_PER_SECOND        0 lifts all limits

#include <sluice/host.h>

#include <algorithm>
#include <charconv>
#include <iostream>
#include <string_view>

int main(int argc, char** argv) {
  const std::string_view number = argc == 3 ? argv[2] : "";
  std::uint64_t rate = 0;
  const auto [end, failed] = std::from_chars(number.data(), number.data() + number.size(), rate);
  if (argc != 3 || failed != std::errc() || end != number.data() + number.size()) {
    std::cerr << "usage: share_rate URI BYTES_PER_SECOND\n";
    return 2;
  }
  try {
    auto host = sluice::Host::connect(argv[1]);
    const auto streams = host.streams();
    const auto part = rate == 0 || streams.empty() ? 0 : std::max<std::uint64_t>(1, rate / streams.size());
    for (const sluice::StreamInfo& stream : streams) {
      try {
        const auto holds = host.limit_stream(stream.id, part);
        std::cout << stream.operation << " of " << stream.object << " by " << stream.peer << ": " << holds
                  << " bytes per second\n";
      } catch (const sluice::Failure& failure) {
        if (failure.code() != sluice::Code::invalid_stream) throw;  // that one has just ended
      }
    }
    std::cout << streams.size() << " streams" << std::endl;
  } catch (const sluice::Failure& failure) {
    std::cerr << "share_rate: " << failure.what() << "\n";
    return 1;
  }
}
