# The authorizer of an HTTP API with one policy. var.api_id: an aws_apigatewayv2_api with cors_configuration.
# The bundle is made beforehand: npx esbuild handlers/http-authorizer.ts --bundle --platform=node --format=esm --target=node24 \
#   --main-fields=module,main --minify --outfile=build/index.mjs

variable "api_id" { type = string }
variable "api_execution_arn" { type = string }
variable "orders_integration_id" { type = string }
variable "user_pool_id" { type = string }
variable "client_id" { type = string }
variable "role_arn" { type = string }

data "archive_file" "authorizer" {
  type        = "zip"
  source_file = "${path.module}/build/index.mjs"
  output_path = "${path.module}/build/authorizer.zip"
}

resource "aws_lambda_function" "authorizer" {
  function_name    = "orders-authorizer"
  role             = var.role_arn
  runtime          = "nodejs24.x"
  architectures    = ["arm64"]
  handler          = "index.handler"
  memory_size      = 512
  timeout          = 10
  filename         = data.archive_file.authorizer.output_path
  source_code_hash = data.archive_file.authorizer.output_base64sha256

  environment {
    variables = {
      USER_POOL_ID = var.user_pool_id
      CLIENT_ID    = var.client_id
    }
  }
}

resource "aws_apigatewayv2_authorizer" "guard" {
  api_id                            = var.api_id
  name                              = "guard"
  authorizer_type                   = "REQUEST"
  authorizer_uri                    = aws_lambda_function.authorizer.invoke_arn
  identity_sources                  = ["$request.header.Authorization"]
  authorizer_payload_format_version = "2.0"
  # isAuthorized: what the handler answers without `routes`
  enable_simple_responses          = true
  authorizer_result_ttl_in_seconds = 300
}

# else API Gateway may not call the function, and every request is a 500
resource "aws_lambda_permission" "authorizer" {
  statement_id  = "AllowAuthorizer"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.authorizer.function_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${var.api_execution_arn}/authorizers/${aws_apigatewayv2_authorizer.guard.id}"
}

resource "aws_apigatewayv2_route" "orders" {
  api_id             = var.api_id
  route_key          = "GET /orders"
  target             = "integrations/${var.orders_integration_id}"
  authorization_type = "CUSTOM"
  authorizer_id      = aws_apigatewayv2_authorizer.guard.id
}
