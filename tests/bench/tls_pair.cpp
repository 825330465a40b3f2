// What TLS costs at best on this machine: OpenSSL at both ends of a loopback connection, a file at each, and nothing
// else.
//
//   bench_tls_pair receive PKI FILE           prints its port, then its figures
//   bench_tls_pair send PKI FILE PORT
//
// The daemon's certificate is that of PKI; records and cipher are those of sluiced. Files are written over, not
// truncated.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

namespace {

constexpr std::size_t chunk = 256 * 1024;  // of a file at a time, as sluiced reads it

void must(bool well, const char* what) {
  if (well) return;
  std::cerr << "bench_tls_pair: " << what << " failed\n";
  std::exit(1);
}

SSL_CTX* context(const std::string& pki, bool daemon) {
  SSL_CTX* const made = SSL_CTX_new(daemon ? TLS_server_method() : TLS_client_method());
  must(made != nullptr && SSL_CTX_set_ciphersuites(made, "TLS_AES_128_GCM_SHA256") == 1, "a context");
  const std::string stem = pki + (daemon ? "/server" : "/client");
  must(SSL_CTX_use_certificate_chain_file(made, (stem + "cert.pem").c_str()) == 1, "reading the certificate");
  must(SSL_CTX_use_PrivateKey_file(made, (stem + "key.pem").c_str(), SSL_FILETYPE_PEM) == 1, "reading the key");
  must(SSL_CTX_load_verify_file(made, (pki + "/cacert.pem").c_str()) == 1, "reading the CA");
  SSL_CTX_set_verify(made, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return made;
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int accepted() {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  auto* const plain = reinterpret_cast<sockaddr*>(&address);
  must(::bind(listener, plain, size) == 0 && ::listen(listener, 1) == 0, "listening");
  must(::getsockname(listener, plain, &size) == 0, "asking for the port");
  std::cout << ntohs(address.sin_port) << std::endl;
  return ::accept(listener, nullptr, nullptr);
}

int connected(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  const sockaddr_in address = loopback(port);
  must(::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0, "connecting");
  return socket;
}

void receive(SSL* tls, int file) {
  std::vector<char> buffer(chunk);
  for (;;) {
    // As full as a file is written, or the end.
    std::size_t filled = 0, count = 0;
    while (filled < buffer.size() && SSL_read_ex(tls, buffer.data() + filled, buffer.size() - filled, &count) == 1) {
      filled += count;
    }
    if (filled == 0) break;
    must(::write(file, buffer.data(), filled) == static_cast<ssize_t>(filled), "writing");
  }
  must((SSL_get_shutdown(tls) & SSL_RECEIVED_SHUTDOWN) != 0, "coming to the end");
}

void send(SSL* tls, int file) {
  std::vector<char> buffer(chunk);
  for (ssize_t count = 0; (count = ::read(file, buffer.data(), buffer.size())) > 0;) {
    std::size_t sent = 0;
    must(SSL_write_ex(tls, buffer.data(), static_cast<std::size_t>(count), &sent) == 1, "sending");
  }
  must(SSL_shutdown(tls) >= 0, "saying the end");
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double cpu() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  const bool receives = words.size() == 3 && words[0] == "receive";
  if (!receives && !(words.size() == 4 && words[0] == "send")) {
    std::cerr << "usage: bench_tls_pair receive PKI FILE | send PKI FILE PORT\n";
    return 2;
  }
  SSL_CTX* const shared = context(words[1], receives);
  const int file = ::open(words[2].c_str(), receives ? O_WRONLY | O_CREAT : O_RDONLY, 0600);
  must(file >= 0, "opening the file");
  const int socket = receives ? accepted() : connected(static_cast<std::uint16_t>(std::stoi(words[3])));
  const int one = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  const auto began = std::chrono::steady_clock::now();
  const double before = cpu();
  SSL* const tls = SSL_new(shared);
  must(tls != nullptr && SSL_set_fd(tls, socket) == 1, "a connection");
  must((receives ? SSL_accept(tls) : SSL_connect(tls)) == 1, "the handshake");
  receives ? receive(tls, file) : send(tls, file);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::cout << "{\"seconds\": " << took.count() << ", \"cpu\": " << cpu() - before << "}" << std::endl;
  return 0;
}
