// npx cdk synth HttpApi; npx cdk deploy HttpApi. With a user pool of yours: -c userPoolId=eu-west-1_AbCdEf123 -c clientId=...
import { App, Validations } from 'aws-cdk-lib'
import { AwsSolutionsChecks } from 'cdk-nag'
import { stacks } from './stacks/index.ts'

const app = new App({ analyticsReporting: false })
stacks(app)
Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
