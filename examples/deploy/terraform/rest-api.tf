# The authorizer of a REST API, and what its refusals carry. aws_lambda_function.authorizer: as in http-api.tf, of handlers/rest-authorizer.ts.
# The triggers of your aws_api_gateway_deployment must include the authorizer and these responses, or a change is never deployed.

variable "rest_api_id" { type = string }
variable "rest_api_execution_arn" { type = string }
variable "orders_resource_id" { type = string }
variable "rest_authorizer_function" { type = string }
variable "rest_authorizer_invoke_arn" { type = string }
variable "origin" { type = string }

resource "aws_api_gateway_authorizer" "guard" {
  rest_api_id                      = var.rest_api_id
  name                             = "guard"
  type                             = "TOKEN"
  authorizer_uri                   = var.rest_authorizer_invoke_arn
  identity_source                  = "method.request.header.Authorization"
  identity_validation_expression   = "^[Bb][Ee][Aa][Rr][Ee][Rr] +[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+$"
  authorizer_result_ttl_in_seconds = 300
}

resource "aws_lambda_permission" "rest_authorizer" {
  statement_id  = "AllowRestAuthorizer"
  action        = "lambda:InvokeFunction"
  function_name = var.rest_authorizer_function
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${var.rest_api_execution_arn}/authorizers/${aws_api_gateway_authorizer.guard.id}"
}

resource "aws_api_gateway_method" "orders" {
  rest_api_id   = var.rest_api_id
  resource_id   = var.orders_resource_id
  http_method   = "GET"
  authorization = "CUSTOM"
  authorizer_id = aws_api_gateway_authorizer.guard.id
}

# API Gateway makes these answers: without the headers a browser reports an error of CORS
resource "aws_api_gateway_gateway_response" "unauthorized" {
  rest_api_id   = var.rest_api_id
  response_type = "UNAUTHORIZED"
  response_parameters = {
    "gatewayresponse.header.Access-Control-Allow-Origin"   = "'${var.origin}'"
    "gatewayresponse.header.Access-Control-Expose-Headers" = "'WWW-Authenticate'"
    "gatewayresponse.header.WWW-Authenticate"              = "'Bearer realm=\"orders\"'"
  }
}

resource "aws_api_gateway_gateway_response" "access_denied" {
  rest_api_id         = var.rest_api_id
  response_type       = "ACCESS_DENIED"
  response_parameters = { "gatewayresponse.header.Access-Control-Allow-Origin" = "'${var.origin}'" }
}

resource "aws_api_gateway_gateway_response" "authorizer_failure" {
  rest_api_id   = var.rest_api_id
  response_type = "AUTHORIZER_FAILURE"
  status_code   = "503"
  response_parameters = {
    "gatewayresponse.header.Access-Control-Allow-Origin" = "'${var.origin}'"
    "gatewayresponse.header.Retry-After"                 = "'5'"
  }
}
