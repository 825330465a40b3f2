// Every message of real traffic that we know decodes to its last byte, and encodes to the same bytes again.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "recorded.h"
#include "remote/error_message.h"
#include "remote/remote.h"

namespace sluice::golden {
namespace {

using remote::Remote;

// Wrongly made on purpose, to record how libvirtd answers.
bool odd(const Recorded& frame) { return frame.to_daemon && frame.file.starts_with("odd-"); }

template <class T>
void expect_round_trip(const Recorded& frame) {
  const Result<T> value = xdr::decode<T>(frame.payload());
  ASSERT_TRUE(value) << frame.place() << ": " << value.error().message;
  const Buffer again = xdr::encode(*value);
  EXPECT_TRUE(std::ranges::equal(frame.payload(), again)) << frame.place();
}

bool carries(const Recorded& frame, wire::Kind kind) {
  return frame.header.program == Remote::number && frame.header.kind == kind &&
         frame.header.status == wire::Status::ok && !odd(frame);
}

TEST(RecordedMessages, OfEveryProcedureWeServeComeBackToTheSameBytes) {
  const std::vector<Recorded> all = recorded();
  std::size_t compared = 0;
  std::set<std::string> without;
  Remote::for_each([&]<class P>() {
    bool seen = false;
    for (const Recorded& frame : all) {
      if (frame.header.procedure != P::proc.number) continue;
      if (carries(frame, wire::Kind::call) || carries(frame, wire::Kind::event)) {
        expect_round_trip<P>(frame);
      } else if (carries(frame, wire::Kind::reply)) {
        expect_round_trip<remote::ReplyOf<P>>(frame);
      } else {
        continue;
      }
      seen = true;
      ++compared;
    }
    if (!seen) without.insert(std::string(P::proc.name));
  });
  EXPECT_GT(compared, 1000u);
  // What the recorded daemon was not asked, or answers locally. A new procedure comes with its golden bytes.
  const std::set<std::string> expected = {"auth_polkit",
                                          "auth_sasl_init",
                                          "auth_sasl_start",
                                          "auth_sasl_step",
                                          "connect_get_uri",
                                          "connect_get_capabilities",
                                          "domain_event_callback_reboot",
                                          "connect_num_of_storage_pools",
                                          "connect_list_storage_pools",
                                          "connect_num_of_defined_storage_pools",
                                          "connect_list_defined_storage_pools",
                                          "storage_pool_create_xml",
                                          "storage_pool_build",
                                          "storage_pool_destroy",
                                          "storage_pool_delete",
                                          "storage_pool_undefine",
                                          "storage_pool_refresh",
                                          "storage_pool_lookup_by_uuid",
                                          "storage_pool_get_xml_desc",
                                          "storage_pool_set_autostart",
                                          "storage_pool_num_of_volumes",
                                          "storage_pool_list_volumes",
                                          "storage_vol_delete",
                                          "storage_vol_create_xml_from",
                                          "storage_vol_wipe",
                                          "storage_vol_wipe_pattern",
                                          "storage_vol_resize",
                                          "connect_storage_pool_event_register_any",
                                          "connect_storage_pool_event_deregister_any",
                                          "storage_pool_event_lifecycle",
                                          "storage_pool_event_refresh",
                                          "storage_vol_get_info_flags",
                                          "storage_pool_lookup_by_target_path",
                                          "connect_get_storage_pool_capabilities"};
  EXPECT_EQ(expected, without);
}

TEST(RecordedMessages, ErrorsComeBackToTheSameBytes) {
  std::size_t compared = 0;
  for (const Recorded& frame : recorded()) {
    if (frame.header.status != wire::Status::error || frame.payload().empty() || odd(frame)) continue;
    expect_round_trip<remote::ErrorMessage>(frame);
    EXPECT_EQ(Origin::remote, remote::decode_error(frame.payload()).origin) << frame.place();
    ++compared;
  }
  EXPECT_GT(compared, 20u);
}

TEST(RecordedMessages, HolesComeBackToTheSameBytes) {
  std::size_t compared = 0;
  for (const Recorded& frame : recorded()) {
    if (frame.header.kind != wire::Kind::hole) continue;
    expect_round_trip<remote::StreamHole>(frame);
    ++compared;
  }
  EXPECT_GE(compared, 2u);
}

// procedures.tsv decoded every recorded frame: what it says of number, name and stream is what libvirt means.
TEST(RecordedMessages, ProceduresHaveLibvirtsNumbersNamesAndStreams) {
  struct Published {
    std::string name, stream;
  };
  std::map<std::int32_t, Published> published;
  std::ifstream file("tests/golden/procedures.tsv");
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::istringstream row(line);
    std::string number, name, skipped, stream;
    std::getline(row, number, '\t') && std::getline(row, name, '\t') && std::getline(row, skipped, '\t') &&
        std::getline(row, skipped, '\t') && std::getline(row, skipped, '\t') && std::getline(row, stream, '\t');
    published[std::stoi(number)] = {name, stream.substr(0, stream.find('+'))};
  }
  const std::map<remote::Streaming, std::string> words = {{remote::Streaming::none, "none"},
                                                          {remote::Streaming::up, "up"},
                                                          {remote::Streaming::down, "down"},
                                                          {remote::Streaming::both, "both"}};
  for (const remote::Proc& proc : Remote::procs) {
    ASSERT_TRUE(published.contains(proc.number)) << proc.name;
    EXPECT_EQ(published[proc.number].name, proc.name);
    EXPECT_EQ(published[proc.number].stream, words.at(proc.stream)) << proc.name;
  }
}

}  // namespace
}  // namespace sluice::golden
