#pragma once
// Seeing and steering the streams of all connections: listed, cancelled, limited, weighed, watched.

#include <memory>

#include "remote/extension.h"
#include "service/group.h"
#include "service/stream_watch.h"
#include "service/world.h"

namespace sluice::service {

class Connection;

class StreamHandlers {
 public:
  using Served = Procedures<remote::StreamList, remote::StreamCancel, remote::StreamLimit, remote::StreamWeight,
                            remote::StreamWatch, remote::StreamUnwatch>;

  StreamHandlers(World& world, Streams& streams, Connection& connection)
      : world_(world), streams_(streams), connection_(connection) {}
  Group group();

  Task<remote::StreamList::Reply> operator()(Call<remote::StreamList>& call);
  Task<Void> operator()(Call<remote::StreamCancel>& call);
  Task<remote::StreamLimit::Reply> operator()(Call<remote::StreamLimit>& call);
  Task<Void> operator()(Call<remote::StreamWeight>& call);
  Task<Void> operator()(Call<remote::StreamWatch>& call);
  Task<Void> operator()(Call<remote::StreamUnwatch>& call);

 private:
  StreamViewer viewer() const;

  World& world_;
  Streams& streams_;
  Connection& connection_;
  std::unique_ptr<StreamWatch> watch_;  // from the first wish on, as long as the connection
};

}  // namespace sluice::service
