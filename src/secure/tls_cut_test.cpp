// Connections that are cut, damaged or attacked: a cut is never an end, what is damaged is never given out, and a peer
// that has not shown who it is costs little.

#include <gmock/gmock.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>

#include "base/limits.h"
#include "secure/two_ends_test.h"

namespace sluice::secure {
namespace {

using testing::AnyOf;
using testing::HasSubstr;
using testing::IsEmpty;

// OpenSSL's memory is counted from the start of the program: only so early may it be told to.
std::atomic<std::int64_t> openssl_holds{0};
constexpr std::size_t head = 16;
void* counted(std::size_t size, const char*, int) {
  auto* const memory = static_cast<std::byte*>(std::malloc(size + head));
  if (memory == nullptr) return nullptr;
  std::memcpy(memory, &size, sizeof size);
  openssl_holds += static_cast<std::int64_t>(size);
  return memory + head;
}
void freed(void* given, const char*, int) {
  if (given == nullptr) return;
  auto* const memory = static_cast<std::byte*>(given) - head;
  std::size_t size = 0;
  std::memcpy(&size, memory, sizeof size);
  openssl_holds -= static_cast<std::int64_t>(size);
  std::free(memory);
}
void* resized(void* given, std::size_t size, const char* file, int line) {
  if (given == nullptr) return counted(size, file, line);
  std::size_t before = 0;
  std::memcpy(&before, static_cast<std::byte*>(given) - head, sizeof before);
  void* const memory = counted(size, file, line);
  if (memory == nullptr) return nullptr;
  std::memcpy(memory, given, std::min(before, size));
  freed(given, file, line);
  return memory;
}
const bool counting = CRYPTO_set_mem_functions(counted, resized, freed) == 1;

struct CutTest : testing::Test {
  World world;
  Shared daemons = world.daemon(), clients = world.client();

  TwoEnds opened() {
    TwoEnds two(daemons, clients);
    two.carry();
    return two;
  }
  // What this daemon says to a peer who just sends that.
  std::string said_to(Bytes bytes, Split split = whole()) {
    End daemon{Tls(daemons, {.now = now})};
    daemon.take(bytes, split);
    EXPECT_THAT(daemon.plain, IsEmpty());
    if (daemon.tls.state() == FilterState::handshaking) daemon.tls.ended();
    return why(daemon.tls);
  }
};

// A client that says something, closes, and whose bytes end after `size`.
struct Outcome {
  FilterState state;
  std::string why, plain;
  std::size_t whole;  // what it sent in all
};
Outcome cut_after(TwoEnds two, std::size_t size) {
  std::size_t sent = 0;
  const auto forward = [&] {
    const Buffer there = taken_from(two.client.tls);
    const std::size_t before = sent;
    sent += there.size();
    if (before < size) two.daemon.take(Bytes(there).first(std::min(there.size(), size - before)));
    const Buffer back = taken_from(two.daemon.tls);
    two.client.take(back);
    return !there.empty() || !back.empty();
  };
  while (forward()) {
  }
  if (two.client.tls.state() == FilterState::open) {
    two.client.tls.encrypt(as_bytes("one "));
    two.client.tls.encrypt(as_bytes("two"));
    two.client.tls.close();
    while (forward()) {
    }
  }
  two.daemon.tls.ended();
  return {two.daemon.tls.state(), why(two.daemon.tls), std::string(as_text(two.daemon.plain)), sent};
}

TEST_F(CutTest, AnEndIsOnlyWhatWasAnnouncedWhereverItIsCut) {
  const std::size_t size = cut_after(TwoEnds(daemons, clients), 1 << 20).whole;
  ASSERT_GT(size, 500u);
  for (std::size_t cut = 0; cut < size; ++cut) {
    const Outcome outcome = cut_after(TwoEnds(daemons, clients), cut);
    ASSERT_EQ(outcome.state, FilterState::failed) << "cut after " << cut;
    ASSERT_THAT(outcome.why,
                AnyOf("the client went away in the middle of the handshake",
                      "the connection to the client was cut: its end was not announced, so something may be missing"));
    ASSERT_THAT(outcome.plain, AnyOf("", "one ", "one two"));
  }
  const Outcome complete = cut_after(TwoEnds(daemons, clients), size);
  EXPECT_EQ(complete.state, FilterState::peer_closed) << complete.why;
  EXPECT_EQ(complete.plain, "one two");
}

TEST_F(CutTest, AClientKnowsThatItWasNotLetIn) {
  TwoEnds two(daemons, clients);
  two.daemon.take(taken_from(two.client.tls));
  two.client.take(taken_from(two.daemon.tls));
  ASSERT_EQ(two.client.tls.state(), FilterState::welcoming);
  two.client.tls.ended();
  EXPECT_EQ(why(two.client.tls), "the daemon went away without letting this client in; its log says why");

  TwoEnds closed(daemons, clients);
  Bare daemon(Side::daemon);
  daemon.show(world.server);
  daemon.carry(closed.client);
  SSL_shutdown(daemon.ssl());
  daemon.carry(closed.client);
  EXPECT_EQ(why(closed.client.tls),
            "the daemon closed the connection without letting this client in; its log says why");
}

TEST_F(CutTest, EveryDamagedByteOfARecordIsNoticedAndNothingOfItGivenOut) {
  for (std::size_t at = 0;; ++at) {
    TwoEnds two = opened();
    two.client.tls.encrypt(as_bytes("good"));
    two.daemon.take(taken_from(two.client.tls));
    two.client.tls.encrypt(as_bytes("bad"));
    Buffer record = taken_from(two.client.tls);
    if (at == record.size()) break;
    record[at] ^= std::byte{0x20};
    two.daemon.take(record);
    if (two.daemon.tls.state() == FilterState::open)
      two.daemon.tls.ended();  // its length was changed: it waits for more
    ASSERT_EQ(two.daemon.tls.state(), FilterState::failed) << at;
    ASSERT_EQ(as_text(two.daemon.plain), "good") << at;
  }
}

TEST_F(CutTest, RecordsThatAreRepeatedLeftOutOrMovedAreNoticed) {
  for (const std::vector<std::size_t>& order : {std::vector<std::size_t>{0, 0}, {1}, {1, 0}}) {
    TwoEnds two = opened();
    std::vector<Buffer> records;
    for (const char* text : {"first", "second"}) {
      two.client.tls.encrypt(as_bytes(text));
      records.push_back(taken_from(two.client.tls));
    }
    for (const std::size_t which : order) two.daemon.take(records[which]);
    EXPECT_EQ(why(two.daemon.tls), "what arrived was changed on its way: its authentication code is wrong");
    EXPECT_FALSE(two.daemon.tls.outgoing().empty()) << "the alert";
  }
}

TEST_F(CutTest, ThePeerIsToldWhenSomethingWasDamaged) {
  TwoEnds two = opened();
  two.client.tls.encrypt(as_bytes("bad"));
  Buffer record = taken_from(two.client.tls);
  record.back() ^= std::byte{1};
  two.daemon.take(record);
  two.carry();
  EXPECT_EQ(why(two.client.tls), "the daemon ended the connection (TLS alert 20, bad record mac)");
}

TEST_F(CutTest, WhatIsNotTlsIsNamedSo) {
  const Buffer zeros(100);
  for (const Bytes bytes : {as_bytes("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), as_bytes("SSH-2.0-OpenSSH_9.2\r\n"),
                            as_bytes("CONNECT node1:16514 HTTP/1.1\r\n\r\n"), Bytes(zeros)}) {
    for (const Split& split : {whole(), pieces(1)}) {
      EXPECT_THAT(said_to(bytes, split), AnyOf(HasSubstr("what arrived is not TLS: the client may not use TLS"),
                                               HasSubstr("the client did not keep to TLS")));
    }
  }
  End client{Tls(clients, {.now = now, .host = host})};
  client.take(as_bytes("220 mail.example ESMTP ready\r\n"));
  EXPECT_THAT(why(client.tls),
              HasSubstr("what arrived is not TLS: the daemon may not use TLS, or the port may be another"));
}

TEST_F(CutTest, NoiseIsRefusedOrWaitedFor) {
  std::mt19937 engine(5);
  for (int i = 0; i < 500; ++i) {
    Buffer bytes(1 + engine() % 600);
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(engine());
    if (i % 2 == 0) bytes[0] = std::byte{22};  // looks like a handshake
    if (i % 4 == 0 && bytes.size() > 2) {
      bytes[1] = std::byte{3};
      bytes[2] = std::byte{1};
    }
    EXPECT_NE(said_to(bytes), "(no failure)");
  }
}

TEST_F(CutTest, OldVersionsAreRefused) {
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
    Bare client(Side::client);
    SSL_CTX_set_security_level(client.context(), 0);
    SSL_CTX_set_min_proto_version(client.context(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(client.context(), version);
    End daemon{Tls(daemons, {.now = now})};
    client.carry(daemon);
    EXPECT_EQ(why(daemon.tls), "the client offers only versions of TLS before 1.2");
    EXPECT_THAT(client.complaint, HasSubstr("protocol version"));
  }
}

TEST_F(CutTest, WeakCiphersAreRefused) {
  Bare client(Side::client);
  SSL_CTX_set_max_proto_version(client.context(), TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(client.context(), "AES128-SHA:ECDHE-RSA-AES128-SHA:ECDHE-ECDSA-AES128-SHA");
  End daemon{Tls(daemons, {.now = now})};
  client.carry(daemon);
  EXPECT_EQ(why(daemon.tls), "the client and this daemon have no cipher in common that is strong enough");
}

TEST_F(CutTest, NobodyRenegotiates) {
  Bare client(Side::client);
  client.show(world.user);
  SSL_CTX_set_max_proto_version(client.context(), TLS1_2_VERSION);
  End daemon{Tls(daemons, {.now = now})};
  client.carry(daemon);
  ASSERT_EQ(daemon.tls.state(), FilterState::open);
  ASSERT_EQ(SSL_renegotiate(client.ssl()), 1);
  ASSERT_EQ(SSL_do_handshake(client.ssl()), -1);
  client.carry(daemon);
  EXPECT_THAT(client.complaint, HasSubstr("no renegotiation"));
  EXPECT_THAT(daemon.plain, IsEmpty());
}

TEST_F(CutTest, NothingIsResumed) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    Bare first(Side::client);
    first.show(world.user);
    SSL_CTX_set_max_proto_version(first.context(), version);
    End daemon{Tls(daemons, {.now = now})};
    first.carry(daemon);
    ASSERT_EQ(daemon.tls.state(), FilterState::open);
    EXPECT_EQ(SSL_SESSION_is_resumable(SSL_get0_session(first.ssl())), 0);
  }
}

TEST_F(CutTest, ACertificateChainIsBoundedBeforeItIsLookedAt) {
  Bare client(Side::client);
  client.show(world.user);
  for (int i = 0; i < 3; ++i) {
    const Issued lengthy = world.ca.issue({.name = "CN=long " + std::to_string(i), .padding = 30'000});
    SSL_CTX_add1_chain_cert(client.context(), lengthy.certificate.get());
  }
  End daemon{Tls(daemons, {.now = now})};
  client.carry(daemon);
  EXPECT_EQ(why(daemon.tls),
            "the client sent a longer message in its handshake than it may (certificates: at most 32768 bytes)");
  EXPECT_EQ(client.plain, "");
}

// Parts of a message of the handshake that says it will be `size` bytes long.
Buffer endless(std::uint8_t type, std::uint32_t size, std::size_t sent) {
  Buffer message(4 + sent);
  store_big<std::uint32_t>(message.data(), size);
  message[0] = std::byte{type};
  Buffer out;
  for (std::size_t at = 0; at < message.size(); at += 16'384) {
    const Bytes part = Bytes(message).subspan(at, std::min<std::size_t>(16'384, message.size() - at));
    append(out, as_bytes("\x16\x03\x01"));
    std::array<std::byte, 2> length{};
    store_big<std::uint16_t>(length.data(), static_cast<std::uint16_t>(part.size()));
    append(out, length);
    append(out, part);
  }
  return out;
}

TEST_F(CutTest, AFirstMessageIsBoundedBeforeMemoryIsReservedForIt) {
  ASSERT_TRUE(counting);
  for (const Split& split : {whole(), pieces(1), pieces(7)}) {
    const std::int64_t before = openssl_holds;
    End daemon{Tls(daemons, {.now = now})};
    daemon.take(endless(1, 100'000, 100), split);
    EXPECT_LT(openssl_holds - before, 90'000) << "less than was announced";
    EXPECT_EQ(why(daemon.tls), "the client announces a hello of 100000 bytes; at most 16384 are read");
    const std::array<std::uint8_t, 7> alert{21, 3, 3, 0, 2, 2, 47};
    EXPECT_EQ(taken_from(daemon.tls),
              Buffer(std::as_bytes(std::span(alert)).begin(), std::as_bytes(std::span(alert)).end()));
  }
}

TEST_F(CutTest, AFirstMessageInCrumbsIsReadAllTheSame) {
  const auto crumbs = [](Bytes message) {
    Buffer out;
    for (const std::byte byte : message) {
      append(out, as_bytes({"\x16\x03\x01\x00\x01", 5}));
      out.push_back(byte);
    }
    return out;
  };
  const Buffer longer = endless(1, 16'385, 20);
  EXPECT_THAT(said_to(crumbs(Bytes(longer).subspan(5))), HasSubstr("a hello of 16385 bytes"));

  TwoEnds two(daemons, clients);
  const Buffer hello = taken_from(two.client.tls);
  two.daemon.take(crumbs(Bytes(hello).subspan(5)), pieces(3));
  two.carry();
  EXPECT_TRUE(two.open()) << why(two.daemon.tls);
}

// A client whose first guess is a group that the daemon does not have: it is asked for another hello.
struct Asked {
  explicit Asked(const Shared& daemons) : daemon{Tls(daemons, {.now = now})} {
    SSL_CTX_set1_groups_list(client.context(), "P-521:P-256");
    SSL_do_handshake(client.ssl());
    daemon.take(client.sent());
    const Buffer back = taken_from(daemon.tls);
    const std::array<std::uint8_t, 4> retry{0xcf, 0x21, 0xad, 0x74};  // how its random begins
    laboratory::must(std::ranges::equal(Bytes(back).subspan(11, 4), std::as_bytes(std::span(retry))),
                     "a HelloRetryRequest");
    BIO_write(SSL_get_rbio(client.ssl()), back.data(), static_cast<int>(back.size()));
  }
  Bare client{Side::client};
  End daemon;
};

TEST_F(CutTest, ASecondHelloIsBoundedAsTheFirst) {
  ASSERT_TRUE(counting);
  const std::string_view change_cipher_spec("\x14\x03\x03\x00\x01\x01", 6);
  const std::string_view early_data("\x17\x03\x03\x00\x03xyz", 8);
  for (const std::string_view before : {std::string_view(), change_cipher_spec, early_data}) {
    for (const Split& split : {whole(), pieces(1), pieces(7)}) {
      Asked asked(daemons);
      Buffer second(as_bytes(before).begin(), as_bytes(before).end());
      append(second, endless(1, 100'000, 100));
      const std::int64_t held = openssl_holds;
      asked.daemon.take(second, split);
      EXPECT_LT(openssl_holds - held, 50'000) << "less than was announced";
      if (before == early_data) continue;  // it may be refused for itself
      EXPECT_EQ(why(asked.daemon.tls), "the client announces a hello of 100000 bytes; at most 16384 are read");
    }
  }
}

TEST_F(CutTest, ASecondHelloIsBoundedThoughBothComeAtOnce) {
  Bare client(Side::client);
  SSL_CTX_set1_groups_list(client.context(), "P-521:P-256");
  SSL_do_handshake(client.ssl());
  Buffer both = client.sent();
  append(both, endless(1, 16'385, 100));
  EXPECT_EQ(said_to(both), "the client announces a hello of 16385 bytes; at most 16384 are read");
  EXPECT_EQ(said_to(both, pieces(1)), "the client announces a hello of 16385 bytes; at most 16384 are read");
}

TEST_F(CutTest, WhoIsAskedForASecondHelloMaySendOne) {
  for (const Split& split : {whole(), pieces(1), pieces(100)}) {
    Asked asked(daemons);
    asked.client.show(world.user);
    SSL_use_certificate(asked.client.ssl(), world.user.certificate.get());
    SSL_use_PrivateKey(asked.client.ssl(), world.user.key.get());
    SSL_do_handshake(asked.client.ssl());
    asked.daemon.take(asked.client.sent(), split);
    asked.client.carry(asked.daemon);
    EXPECT_EQ(asked.daemon.tls.state(), FilterState::open) << why(asked.daemon.tls) << asked.client.complaint;
  }
}

TEST_F(CutTest, AHandshakeIsBounded) {
  for (const Split& split : {whole(), pieces(1000)}) {
    End client{Tls(clients, {.now = now, .host = host})};
    client.take(endless(2, 65'600, 65'560), split);
    EXPECT_EQ(why(client.tls), "the daemon sent 65536 bytes and its handshake is still not complete");
  }
}

TEST_F(CutTest, AFloodOfKeyRenewalsIsHeldBackUntilItsAnswersAreSent) {
  Bare client(Side::client);
  client.show(world.user);
  End daemon{Tls(daemons, {.now = now})};
  client.carry(daemon);
  std::size_t renewals = 0;
  for (; renewals < 20'000; ++renewals) {
    SSL_key_update(client.ssl(), SSL_KEY_UPDATE_REQUESTED);
    SSL_write(client.ssl(), "x", 1);
    const Buffer there = client.sent();
    std::array<std::byte, 16> into{};
    if (daemon.tls.receive(there, into).used < there.size()) break;
  }
  EXPECT_LT(renewals, 20'000u) << "it stops reading";
  std::size_t waiting = taken_from(daemon.tls).size();
  EXPECT_LE(waiting, limits::tls_outgoing);
  EXPECT_NE(daemon.tls.state(), FilterState::failed) << why(daemon.tls);
}

TEST_F(CutTest, AnIdleFilterHoldsLittle) {
  ASSERT_TRUE(counting);
  constexpr int count = 20;
  const std::int64_t before = openssl_holds;
  std::vector<TwoEnds> idle;
  idle.reserve(count);
  for (int i = 0; i < count; ++i) {
    idle.push_back(opened());
    TwoEnds& two = idle.back();
    const Buffer much(300'000);
    two.client.write(much, [&] { two.carry(); });
    ASSERT_EQ(two.daemon.plain.size(), much.size());
    ASSERT_TRUE(two.client.tls.outgoing().empty() && two.daemon.tls.outgoing().empty());
  }
  const std::int64_t each = (openssl_holds - before) / (2 * count);
  RecordProperty("bytes", std::to_string(each));
  EXPECT_GT(each, 1'000) << "something was counted";
  EXPECT_LT(each, 32'768) << "no buffers are kept while nothing moves";
}

TEST_F(CutTest, AHostNameThatNobodyCanHaveIsRefusedAtOnce) {
  Tls client(clients, {.now = now, .host = std::string(300, 'a')});
  EXPECT_THAT(why(client), HasSubstr("is not a host name that a certificate can have"));
  EXPECT_TRUE(client.outgoing().empty());
}

}  // namespace
}  // namespace sluice::secure
