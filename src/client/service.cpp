#include "sluice/service.h"

#include "client/serving.h"

namespace sluice {
inline namespace v1 {

Server::Server(ServerOptions options) : serving_(std::make_unique<client::Serving>(std::move(options))) {}
Server::Server(Server&&) noexcept = default;
Server& Server::operator=(Server&&) noexcept = default;
Server::~Server() = default;

void Server::start() { serving_->start(); }
void Server::stop() { serving_->stop(); }
void Server::on_raw(const ProgramInfo& program, const Proc& proc, Raw handler) {
  serving_->on(program, proc, std::move(handler));
}

}  // namespace v1
}  // namespace sluice
