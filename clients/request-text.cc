#include "clients/request-text.h"

namespace fb {

std::string closingRequest(const LoadPlan& plan) {
  return "GET " + plan.path + " HTTP/1.1\r\nHost: " + plan.server.text + "\r\nConnection: close\r\n\r\n";
}

std::string webbenchRequest(const LoadPlan& plan) {
  return "GET " + plan.path + " HTTP/1.0\r\nUser-Agent: WebBench 1.5\r\nHost: " + plan.host + "\r\n\r\n";
}

}  // namespace fb
