#include "clients/request-text.h"

namespace fb {
namespace {

std::string request(const LoadPlan& plan, const std::string& wish) {
  return "GET " + plan.path + " HTTP/1.1\r\nHost: " + plan.server.text + "\r\n" + wish + "\r\n";
}

}  // namespace

std::string plainRequest(const LoadPlan& plan) {
  return request(plan, plan.close == Close::server ? "Connection: close\r\n" : "");
}

std::string followedRequest(const LoadPlan& plan) { return request(plan, ""); }

std::string webbenchRequest(const LoadPlan& plan) {
  const std::string host = plan.server.text.substr(0, plan.server.text.rfind(':'));
  return "GET " + plan.path + " HTTP/1.0\r\nUser-Agent: WebBench 1.5\r\nHost: " + host + "\r\n\r\n";
}

}  // namespace fb
