#include "sluice/error.h"

#include <utility>

namespace sluice {
inline namespace v1 {

Failure::Failure(Error error) : error_(std::make_shared<const Error>(std::move(error))) {}
Failure::Failure(const Failure&) noexcept = default;
Failure& Failure::operator=(const Failure&) noexcept = default;
Failure::~Failure() = default;
const char* Failure::what() const noexcept { return error_->message.c_str(); }

Disconnected::Disconnected(Error error) : Failure(std::move(error)) {}
Disconnected::Disconnected(const Disconnected&) noexcept = default;
Disconnected& Disconnected::operator=(const Disconnected&) noexcept = default;
Disconnected::~Disconnected() = default;

}  // namespace v1
}  // namespace sluice
