#include "daemon/settings.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <sstream>

#include "io/failure.h"

namespace sluice::daemon {
namespace {

using Kind = Setting::Kind;
using Values = Setting::Values;

constexpr std::uint64_t disk_timeout_max = 86'400;                           // seconds
constexpr std::uint16_t default_tcp_port = 16509, default_tls_port = 16514;  // libvirt's

// One of several words, by its name.
template <class Meaning, std::size_t N>
Meaning chosen(const std::string& word, const std::array<std::pair<const char*, Meaning>, N>& words) {
  std::string all;
  for (const auto& [name, meaning] : words) {
    if (word == name) return meaning;
    all += (all.empty() ? "" : ", ") + std::string(name);
  }
  io::fail(Code::invalid_arg, "'" + word + "' is none of " + all);
}

std::uint64_t number(const std::string& text, std::uint64_t most) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, failed] = std::from_chars(text.data(), end, value);
  if (failed != std::errc() || stop != end || value > most) {
    io::fail(Code::invalid_arg, "'" + text + "' is no number from 0 to " + std::to_string(most));
  }
  return value;
}

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> words;
  std::istringstream stream(list);
  for (std::string word; std::getline(stream, word, ',');) words.push_back(word);
  return words;
}

std::string path(const std::string& text) {
  if (text.empty()) io::fail(Code::invalid_arg, "the path is empty");
  return text;
}

// By their names in the registry. Others exist, and are too weak to be used.
void check_mechanism(const std::string& name) {
  static_cast<void>(
      chosen(name, std::array{std::pair{"SCRAM-SHA-512", 0}, std::pair{"SCRAM-SHA-256", 0}, std::pair{"PLAIN", 0}}));
}

constexpr std::array table{
    Setting{"socket.path", "--socket", "PATH", "listen here", Kind::text,
            [](Options& options, const Values& values) { options.socket = path(values[0]); }},
    Setting{"socket.auth", "--socket-auth", "none|sasl",
            "by what clients of the sockets show who they are (default: none, the kernel knows users)", Kind::text,
            [](Options& options, const Values& values) {
              options.socket_sasl = chosen(values[0], std::array{std::pair{"none", false}, std::pair{"sasl", true}});
            }},
    Setting{"tcp.listen", "--tcp", "ADDRESS[:PORT]",
            "listen on TCP, too: without authentication, for clients of this machine only", Kind::text,
            [](Options& options, const Values& values) {
              options.tcp = io::TcpAddress::parse(values[0], default_tcp_port);
            }},
    Setting{"tls.listen", "--tls", "ADDRESS[:PORT]", "listen on TCP with TLS, too", Kind::text,
            [](Options& options, const Values& values) {
              options.tls = io::TcpAddress::parse(values[0], default_tls_port);
            }},
    Setting{"tls.pki", "--pki", "DIR", "the certificates for it are here (default: where libvirt has them)", Kind::text,
            [](Options& options, const Values& values) { options.pki = path(values[0]); }},
    Setting{"tls.auth", "--tls-auth", "certificate|sasl|both",
            "by what its clients show who they are (default: certificate)", Kind::text,
            [](Options& options, const Values& values) {
              options.tls_auth =
                  chosen(values[0], std::array{std::pair{"certificate", TlsAuth::certificate},
                                               std::pair{"sasl", TlsAuth::sasl}, std::pair{"both", TlsAuth::both}});
            }},
    Setting{"tls.allowed", "--tls-allowed", "NAME",
            "let in certificates of this name only; * and ? stand for others; repeatable", Kind::list,
            [](Options& options, const Values& values) { options.tls_allowed = values; }},
    Setting{"sasl.mechanisms", "--sasl-mechanisms", "NAME,...",
            "SASL mechanisms to offer (default: SCRAM-SHA-512,SCRAM-SHA-256)", Kind::list,
            [](Options& options, const Values& values) {
              if (values.empty()) io::fail(Code::invalid_arg, "there are no mechanisms");
              options.sasl.mechanisms.clear();
              for (const std::string& value : values) {
                for (const std::string& name : split(value)) options.sasl.mechanisms.push_back(name);
              }
              std::ranges::for_each(options.sasl.mechanisms, check_mechanism);
            }},
    Setting{"sasl.conf", "--sasl-conf", "DIR", "sluice.conf of SASL is here (default: /etc/sasl2)", Kind::text,
            [](Options& options, const Values& values) { options.sasl.directory = path(values[0]); }},
    Setting{"metrics.listen", "--metrics", "PATH|ADDRESS:PORT",
            "tell figures here, for Prometheus: a unix socket, or TCP on this machine", Kind::text,
            [](Options& options, const Values& values) { options.metrics = MetricsPlace::parse(values[0]); }},
    Setting{"state_dir", "--state-dir", "DIR", "keep everything here", Kind::text,
            [](Options& options, const Values& values) { options.state_directory = path(values[0]); }},
    Setting{"host", "--host", "qemu|test", "the host to serve (default: qemu if it is installed, else test)",
            Kind::text,
            [](Options& options, const Values& values) {
              options.host =
                  chosen(values[0], std::array{std::pair{"qemu", HostKind::qemu}, std::pair{"test", HostKind::test}});
            }},
    Setting{"disk_timeout", "--disk-timeout", "SECONDS",
            "fail what a disk has not answered for so long (default: 60; 0: never)", Kind::number,
            [](Options& options, const Values& values) {
              options.disk_timeout = std::chrono::seconds(number(values[0], disk_timeout_max));
            }},
    Setting{"log_level", "--log-level", "LEVEL", "debug, info, warning, error or off", Kind::text,
            [](Options& options, const Values& values) {
              const auto level = io::log_level(values[0]);
              if (!level) {
                io::fail(Code::invalid_arg, "'" + values[0] + "' is none of debug, info, warning, error, off");
              }
              options.log_level = *level;
            }},
};

void refuse_one_place_for_two(const Options& options) {
  if (!options.metrics || options.metrics->path.empty()) return;
  const auto place = [](const std::string& text) { return std::filesystem::absolute(text).lexically_normal(); };
  for (const std::string& socket : {options.socket, options.read_only_socket}) {
    if (socket.empty() || place(socket) != place(options.metrics->path)) continue;
    io::fail(Code::invalid_arg, "figures cannot be told at '" + options.metrics->path + "': clients are served there");
  }
}

// What would have no effect was meant otherwise.
void refuse_without_tls(const Options& options) {
  if (options.tls) return;
  const char* said = nullptr;
  if (!options.pki.empty()) said = "--pki (tls.pki)";
  if (options.tls_allowed) said = "--tls-allowed (tls.allowed)";
  if (options.tls_auth != TlsAuth::certificate) said = "--tls-auth (tls.auth)";
  if (said != nullptr) io::fail(Code::invalid_arg, std::string(said) + " needs --tls (tls.listen)");
}

// Who logs in is known by his user's name, so rules for others would not be his: he would have what the door gives.
void refuse_rules_for_others(const Options& options) {
  const auto speak_of = [&options](std::vector<std::string> Rule::* kind) {
    return std::ranges::any_of(options.rules, [kind](const Rule& rule) { return !(rule.*kind).empty(); });
  };
  if (speak_of(&Rule::users)) return;
  const bool tls = options.tls && options.tls_auth != TlsAuth::certificate && speak_of(&Rule::certificates);
  const bool socket = options.socket_sasl && speak_of(&Rule::local);
  if (!tls && !socket) return;
  io::fail(Code::invalid_arg, std::string("there are rules for ") + (tls ? "certificates" : "local users") +
                                  ", but who logs in is known by his user's name: say what `users` may do");
}

}  // namespace

std::span<const Setting> settings() { return table; }

void check_together(const Options& options) {
  refuse_one_place_for_two(options);
  refuse_without_tls(options);
  refuse_rules_for_others(options);
}

}  // namespace sluice::daemon
